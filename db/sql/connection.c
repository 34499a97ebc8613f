// SPDX-License-Identifier: BSD-2-Clause
#include "db/sql/connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "db/base/text.h"

enum { BUSY_MS = 10000 };

/* Everything a connection may need to say, in the words of errno. */
static int errno_of(const struct connection *connection, int code)
{
	int system = connection->db ? sqlite3_system_errno(connection->db) : 0;

	switch (code & 0xff) {
	case SQLITE_FULL:
		return ENOSPC;
	case SQLITE_NOMEM:
		return ENOMEM;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return EBUSY;
	case SQLITE_READONLY:
		return EROFS;
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return EACCES;
	case SQLITE_CANTOPEN:
	case SQLITE_IOERR:
		return system ? system : EIO;
	case SQLITE_CORRUPT:
	case SQLITE_CONSTRAINT:
	case SQLITE_MISMATCH:
	case SQLITE_ERROR: /* a table without a column that ours has, and the like */
		return EUCLEAN;
	case SQLITE_NOTADB:
		return EMEDIUMTYPE;
	default:
		return EIO;
	}
}

int connection_error(const struct connection *connection, int code, struct error *err)
{
	int number = errno_of(connection, code);
	const char *noun = connection->noun, *path = connection->path;

	switch (number) {
	case ENOMEM:
		return error_oom(err);
	case EBUSY:
		return error_set(err, -EBUSY, "%s '%s' is locked by another program", noun, path);
	case EUCLEAN:
		return error_set(err, -EUCLEAN, "%s '%s' is corrupt: %s", noun, path,
				 sqlite3_errmsg(connection->db));
	case EMEDIUMTYPE:
		return error_set(err, -EMEDIUMTYPE, "'%s' is not a %s: it is no database", path,
				 noun);
	default:
		return error_code(err, -number, "cannot %s %s '%s'",
				  connection->writing ? "write" : "read", noun, path);
	}
}

int connection_execute(struct connection *connection, const char *sql, struct error *err)
{
	int code = sqlite3_exec(connection->db, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? 0 : connection_error(connection, code, err);
}

char *connection_uri(const char *path, const char *query)
{
	struct text uri = TEXT_INIT;

	text_add(&uri, "file:");
	/* "//host" would be an authority */
	if (path[0] == '/' && path[1] == '/')
		text_add(&uri, "///");
	for (const char *p = path; *p; p++) {
		if (strchr("%?#", *p))
			text_printf(&uri, "%%%02x", (unsigned char)*p);
		else
			text_add_char(&uri, *p);
	}
	text_add(&uri, query);
	return text_take(&uri);
}

/* Nothing that a hostile file brings along is run, and its pages are checked as they are read. */
static int harden(struct connection *connection, struct error *err)
{
	sqlite3_extended_result_codes(connection->db, 1);
	sqlite3_busy_timeout(connection->db, BUSY_MS);
	sqlite3_db_config(connection->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(connection->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(connection->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	return connection_execute(connection, "PRAGMA cell_size_check = ON", err);
}

void connection_close(struct connection *connection)
{
	for (size_t i = 0; i < connection->prepared.count; i++)
		sqlite3_finalize(connection->prepared.items[i].stmt);
	connection->prepared.count = 0;
	sqlite3_close_v2(connection->db);
	connection->db = NULL;
}

void connection_release(struct connection *connection)
{
	connection_close(connection);
	array_release(&connection->prepared);
	free(connection->uri);
	free(connection->path);
	connection->uri = connection->path = NULL;
}

int connection_open(struct connection *connection, const char *path, const char *query, int flags,
		    struct error *err)
{
	int code, r;

	connection_close(connection);
	free(connection->uri);
	connection->uri = connection_uri(path, query);
	if (!connection->uri)
		return error_oom(err);
	code = sqlite3_open_v2(connection->uri, &connection->db,
			       flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
	if (!connection->db)
		return error_oom(err);
	r = code == SQLITE_OK ? 0 : connection_error(connection, code, err);
	return r < 0 ? r : harden(connection, err);
}

/* What is written into a file that has lost its name is lost too: better said before than never. */
static int check_still_there(struct connection *connection, struct error *err)
{
	const char *path = sqlite3_db_filename(connection->db, "main");
	struct stat st;

	if (!connection->ino || !path || !*path)
		return 0;
	if (stat(path, &st) == 0 && st.st_dev == connection->dev && st.st_ino == connection->ino)
		return 0;
	return error_set(err, -ESTALE, "%s '%s' was removed or replaced while it was in use",
			 connection->noun, connection->path);
}

int connection_begin(struct connection *connection, struct error *err)
{
	int r = check_still_there(connection, err);

	return r < 0 ? r : connection_execute(connection, "BEGIN IMMEDIATE", err);
}

int connection_commit(struct connection *connection, struct error *err)
{
	return connection_execute(connection, "COMMIT", err);
}

void connection_rollback(struct connection *connection)
{
	/* a failed COMMIT or a full disk may have rolled back by itself */
	if (!sqlite3_get_autocommit(connection->db))
		sqlite3_exec(connection->db, "ROLLBACK", NULL, NULL, NULL);
}
