/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * "mount -o remount": other flags for a mount that stands. The kernel sees to most of them; what its
 * own reading of the source does is told to the one who serves the mount, who is asked first
 * whether it can be written to at all.
 */
#ifndef FS_REMOUNT_H
#define FS_REMOUNT_H

#include "db/base/error.h"
#include "fs/options.h"
#include "fs/source.h"

/* In the program that mount(8) calls: ro, rw, nosuid, nodev, noexec and noatime as they are in options. */
int remount(const struct options *options, struct error *err);

/* In the one who serves the mount: a question of the above. -ENOTTY: it is none. */
int remount_answer(struct source *source, const char *question, struct error *err);

#endif
