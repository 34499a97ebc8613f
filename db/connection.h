/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The inside of a struct manifest, for the files of db/ alone: one SQLite connection, the statements
 * prepared on it, and the ids it has met lately. All of db/ stands on it; it knows nothing of tables.
 * What manifest.h says of transactions is done here; manifest.c, on top of all, opens and closes.
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
	int64_t first_session; /* begun on this connection; 0: none */
	int64_t old_entries;   /* up to this id there were entries before it */
};

/*
 * Connect to `path`, with `query` behind its URI ("" or "?immutable=1"); flags: SQLITE_OPEN_READONLY or
 * _READWRITE. What was connected before is closed.
 */
int connection_open(struct manifest *manifest, const char *path, const char *query, int flags,
		    struct error *err);
/* Also of one that never opened; path, uri and caches stay. */
void connection_close(struct manifest *manifest);

/*
 * A URI, because a plain name that starts with "file:" would be taken for one. The caller frees; NULL: no
 * memory.
 */
char *connection_uri(const char *path, const char *query);

/* 0, or what an SQLite code means for this manifest, as a negative errno with err set. */
int manifest_error(const struct manifest *manifest, int code, struct error *err);

/* Run constant SQL that returns no rows. */
int manifest_execute(struct manifest *manifest, const char *sql, struct error *err);

#endif
