/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The inside of a struct manifest, for the files of db/ alone: one SQLite connection, the statements
 * prepared on it, and the ids it has met lately.
 */
#ifndef DB_CONNECTION_H
#define DB_CONNECTION_H

#include <sqlite3.h>
#include <stdbool.h>
#include <sys/types.h>

#include "db/base/array.h"
#include "db/cache.h"
#include "db/manifest.h"

struct prepared {
	const char *sql; /* compared by address: every statement is one constant string */
	sqlite3_stmt *stmt;
};

struct manifest {
	sqlite3 *db;
	char *path; /* as given */
	char *uri;  /* how SQLite opens the same contents once more (ATTACH) */
	bool writing;
	dev_t dev; /* of the file that was opened, to notice when the name is another's */
	ino_t ino;
	ARRAY(struct prepared) prepared;
	struct cache entries, programs; /* path and exe NUL comm to ids; emptied by a rollback */
};

/* 0, or what an SQLite code means for this manifest, as a negative errno with err set. */
int manifest_error(const struct manifest *manifest, int code, struct error *err);

/* Run constant SQL that returns no rows. */
int manifest_execute(struct manifest *manifest, const char *sql, struct error *err);

#endif
