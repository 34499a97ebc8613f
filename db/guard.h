/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For a program that must outlive its manifest. SQLite shares the index of its write-ahead log with
 * other processes as a mapping of FILE-shm. When the disk below it fails, is made read-only under
 * way or, where every write takes new room, is full, the kernel answers a write to the mapping with
 * SIGBUS, which SQLite knows nothing of. Work done through the guard ends with -EIO then, and the
 * process goes on.
 *
 * What was being done is left where it was, as if the process had been killed: the file is sound.
 * The locks stay until the process ends, and so does the memory; no manifest is usable in it.
 */
#ifndef DB_GUARD_H
#define DB_GUARD_H

#include <stdbool.h>

#include "db/base/error.h"

/*
 * What call(data, err) returns, or -EIO. It must not hold a lock while it uses the manifest. `path`
 * is the manifest's, for the message.
 */
int manifest_guard(const char *path, int (*call)(void *data, struct error *err), void *data,
		   struct error *err);

/* Did it happen? */
bool manifest_lost(void);

#endif
