/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is the mount that a session is recorded through still there? umount(8) returns before its writer
 * has noticed; the mount table knows at once. For db/ alone.
 */
#ifndef DB_WRITER_MOUNT_H
#define DB_WRITER_MOUNT_H

#include <stdbool.h>

#include "db/base/process.h"

/*
 * False when the writer, which lives, certainly has none any more where it can see it, nor a command
 * that it runs in a mount namespace of its own. Two mounts of one source without scratch cannot be told
 * apart.
 */
bool writer_has_mount(const struct process *writer, const char *source);

#endif
