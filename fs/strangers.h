/* SPDX-License-Identifier: BSD-2-Clause */
/* Users of the machine who have no number in our user namespace. */
#ifndef FS_STRANGERS_H
#define FS_STRANGERS_H

#include <stdbool.h>
#include <stdint.h>

/* There are none: all that there can be are in it. */
bool strangers_none(void);
/* We are root, and of them all: kernel passthrough, and overlayfs's own marks, are for nobody else. */
bool strangers_none_and_root(void);
/* The number that the kernel shows for them all: nobody is known by it. UINT32_MAX where there are none. */
uint32_t strangers_id(void);

#endif
