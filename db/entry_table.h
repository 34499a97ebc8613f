/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the rest of db/ needs of the entry table and no program does: rows by path, found or made.
 */
#ifndef DB_ENTRY_TABLE_H
#define DB_ENTRY_TABLE_H

#include <sqlite3.h>

#include "db/entry.h"

/* The row of a path, made when there is none, taught what was found (or NULL). In a transaction. */
int entry_intern(struct manifest *manifest, const char *path, const struct found *found,
		 int64_t *ret_id, struct error *err);

/* For a SELECT, and to read what it selected from `column` on. */
#define ENTRY_COLUMNS                                                                              \
	"entry.id, entry.path, entry.kind, entry.size, entry.mode, entry.uid, entry.gid,"          \
	" entry.mtime_ns, entry.nlink, entry.target, entry.origin"
enum { ENTRY_COLUMN_COUNT = 11 };
void entry_read(sqlite3_stmt *stmt, int column, struct entry *ret_entry);

#endif
