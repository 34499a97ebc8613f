// SPDX-License-Identifier: BSD-2-Clause
#include "db/connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "db/base/text.h"

enum { BUSY_MS = 10000 };

/* Everything a connection may need to say, in the words of errno. */
static int errno_of(struct manifest *manifest, int code)
{
	int system = manifest->db ? sqlite3_system_errno(manifest->db) : 0;

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

int manifest_error(const struct manifest *manifest, int code, struct error *err)
{
	int number = errno_of((struct manifest *)manifest, code);
	const char *path = manifest->path;

	switch (number) {
	case ENOMEM:
		return error_oom(err);
	case EBUSY:
		return error_set(err, -EBUSY, "manifest '%s' is locked by another program", path);
	case EUCLEAN:
		return error_set(err, -EUCLEAN, "manifest '%s' is corrupt: %s", path,
				 sqlite3_errmsg(manifest->db));
	case EMEDIUMTYPE:
		return error_set(err, -EMEDIUMTYPE, "'%s' is not a manifest: it is no database",
				 path);
	default:
		return error_code(err, -number, "cannot %s manifest '%s'",
				  manifest->writing ? "write" : "read", path);
	}
}

int manifest_execute(struct manifest *manifest, const char *sql, struct error *err)
{
	int code = sqlite3_exec(manifest->db, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? 0 : manifest_error(manifest, code, err);
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
static int harden(struct manifest *manifest, struct error *err)
{
	sqlite3_extended_result_codes(manifest->db, 1);
	sqlite3_busy_timeout(manifest->db, BUSY_MS);
	sqlite3_db_config(manifest->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(manifest->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(manifest->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	return manifest_execute(manifest, "PRAGMA cell_size_check = ON", err);
}

void connection_close(struct manifest *manifest)
{
	for (size_t i = 0; i < manifest->prepared.count; i++)
		sqlite3_finalize(manifest->prepared.items[i].stmt);
	manifest->prepared.count = 0;
	sqlite3_close_v2(manifest->db);
	manifest->db = NULL;
}

int connection_open(struct manifest *manifest, const char *path, const char *query, int flags,
		    struct error *err)
{
	int code, r;

	connection_close(manifest);
	free(manifest->uri);
	manifest->uri = connection_uri(path, query);
	if (!manifest->uri)
		return error_oom(err);
	code = sqlite3_open_v2(manifest->uri, &manifest->db,
			       flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
	if (!manifest->db)
		return error_oom(err);
	r = code == SQLITE_OK ? 0 : manifest_error(manifest, code, err);
	return r < 0 ? r : harden(manifest, err);
}

const char *manifest_path(const struct manifest *manifest)
{
	return manifest->path;
}

/* What is written into a file that has lost its name is lost too: better said before than never. */
static int check_still_there(struct manifest *manifest, struct error *err)
{
	const char *path = sqlite3_db_filename(manifest->db, "main");
	struct stat st;

	if (!manifest->ino || !path || !*path)
		return 0;
	if (stat(path, &st) == 0 && st.st_dev == manifest->dev && st.st_ino == manifest->ino)
		return 0;
	return error_set(err, -ESTALE, "manifest '%s' was removed or replaced while it was in use",
			 manifest->path);
}

int manifest_begin(struct manifest *manifest, struct error *err)
{
	int r = check_still_there(manifest, err);

	return r < 0 ? r : manifest_execute(manifest, "BEGIN IMMEDIATE", err);
}

int manifest_commit(struct manifest *manifest, struct error *err)
{
	return manifest_execute(manifest, "COMMIT", err);
}

void manifest_rollback(struct manifest *manifest)
{
	/* a failed COMMIT or a full disk may have rolled back by itself */
	if (!sqlite3_get_autocommit(manifest->db))
		sqlite3_exec(manifest->db, "ROLLBACK", NULL, NULL, NULL);
	/* ids given out in this transaction are nobody's now */
	cache_release(&manifest->entries);
	cache_release(&manifest->programs);
}
