/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The place a mount is to appear at, and what is there now. Only looks, but for the remains of a
 * tracefs that died: they answer nothing and are in the way, and are taken away.
 */
#ifndef FS_MOUNTPOINT_H
#define FS_MOUNTPOINT_H

#include <stdint.h>

#include "db/base/error.h"

/*
 * Can this be a mount point? 0 and its canonical path, which the caller frees; or a negative
 * errno, -EBUSY where something else is mounted already. A mount left there by a tracefs that died
 * is taken away first.
 */
int mountpoint_check(const char *path, char **ret_path, struct error *err);

/* The id, as statx(2) has it, of the mount that is seen at the path; 0: it cannot be told. */
uint64_t mountpoint_id(const char *path);

#endif
