/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file as a block device, which goes with its last user: our descriptor, or a mount made of it.
 */
#ifndef STAGE_MOUNT_LOOP_H
#define STAGE_MOUNT_LOOP_H

#include <stdbool.h>

#include "db/base/error.h"

/* image: open for reading, or for writing too. name is for messages. */
int loop_attach(int image, const char *name, bool read_only, int *ret_loop, struct error *err);

#endif
