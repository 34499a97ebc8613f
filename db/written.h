/* SPDX-License-Identifier: BSD-2-Clause */
/* Where traced runs wrote: what has to be writable for a root that else is not. */
#ifndef DB_WRITTEN_H
#define DB_WRITTEN_H

#include "db/base/error.h"
#include "db/manifest.h"

/*
 * Visit each path that the service, not what put its container up, made, wrote to, changed, moved or removed,
 * in byte order, with the directory that this takes write access to: the path's own, or the path itself where
 * it is a directory that was only given another owner, mode or time. A visitor that returns non-zero ends it.
 */
int written_each(struct manifest *manifest, int (*visit)(const char *path, const char *directory, void *data),
		 void *data, struct error *err);

#endif
