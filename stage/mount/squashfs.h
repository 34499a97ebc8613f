/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An image mounted read-only by the kernel. Neither the mount nor the loop device it needs has a name
 * or an owner that could be forgotten: both go with the last descriptor or place of the mount.
 *
 * The kernel reads the image as root: it must have been walked by our own reader before, and nobody
 * else may be able to write it (stage/store). For a plain user a program reads it: stage/mount/squashfuse.h.
 */
#ifndef STAGE_MOUNT_SQUASHFS_H
#define STAGE_MOUNT_SQUASHFS_H

#include "db/base/error.h"

/* image: open for reading. Mounted ro, nosuid, nodev, noexec. name is for messages. */
int squashfs_mount(int image, const char *name, int *ret_mount, struct error *err);

#endif
