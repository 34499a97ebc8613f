/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One SQLite connection and the statements prepared on it: the floor on which the manifest (db/)
 *and the state (stage/state/) stand. It knows nothing of tables; what it says names the file by the
 *owner's noun.
 *
 *	struct connection sql = {.noun = "manifest", .path = …};
 *	connection_open() … statement_get() … connection_release()
 */
#ifndef DB_SQL_CONNECTION_H
#define DB_SQL_CONNECTION_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "db/base/array.h"
#include "db/base/error.h"

struct prepared {
	const char *sql; /* compared by address: every statement is one constant string */
	sqlite3_stmt *stmt;
};

struct connection {
	sqlite3 *db;
	const char *noun; /* what the owner calls such a file; a constant */
	char *path;	  /* as given */
	char *uri;	  /* how SQLite opens the same contents once more (ATTACH) */
	bool writing;
	dev_t dev; /* of the file that was opened, to notice when the name is another's; ino 0: not
		      looked */
	ino_t ino;
	ARRAY(struct prepared) prepared;
};

/*
 * Connect to `path`, with `query` behind its URI ("" or "?immutable=1"); flags:
 * SQLITE_OPEN_READONLY or _READWRITE. What was connected before is closed.
 */
int connection_open(struct connection *connection, const char *path, const char *query, int flags,
		    struct error *err);
/* Also of one that never opened; path and uri stay. */
void connection_close(struct connection *connection);
/* Close, and free what it owns. */
void connection_release(struct connection *connection);

/*
 * A URI, because a plain name that starts with "file:" would be taken for one. The caller frees;
 * NULL: no memory.
 */
char *connection_uri(const char *path, const char *query);

/* 0, or what an SQLite code means for this file, as a negative errno with err set. */
int connection_error(const struct connection *connection, int code, struct error *err);

/* Run constant SQL that returns no rows. */
int connection_execute(struct connection *connection, const char *sql, struct error *err);

/* One transaction (BEGIN IMMEDIATE; waits up to 10 s for another writer). They do not nest. */
int connection_begin(struct connection *connection, struct error *err);
int connection_commit(struct connection *connection, struct error *err);
/* Also after a failed commit; no error to report. */
void connection_rollback(struct connection *connection);

#endif
