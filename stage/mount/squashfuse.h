/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An image mounted read-only by squashfuse_ll(1), for who may not ask the kernel. The program is given its end
 * of the mount as a descriptor: it has nothing of it in any namespace, and ends with the mount's last place.
 */
#ifndef STAGE_MOUNT_SQUASHFUSE_H
#define STAGE_MOUNT_SQUASHFUSE_H

#include "db/base/error.h"

/* As squashfs_mount(). -ENOENT: there is no such program. */
int squashfuse_mount(int image, const char *name, int *ret_mount, struct error *err);

#endif
