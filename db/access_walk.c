// SPDX-License-Identifier: BSD-2-Clause
#include "db/access.h"

#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/text.h"
#include "db/entry_table.h"
#include "db/manifest_private.h"
#include "db/session_table.h"

struct access_walk {
	struct manifest *manifest; /* borrowed */
	sqlite3_stmt *stmt;
	char *path; /* the only one, or NULL; bound to stmt */
};

/* CROSS JOIN keeps SQLite from another order than by path, which the index of entry gives. */
static char *walk_sql(const int64_t *sessions, size_t count, bool one_path)
{
	struct text sql = TEXT_INIT;

	text_add(&sql, "SELECT access.session, program.exe, program.comm, access.op, access.errno,"
		       " access.reading, access.writing, access.executing, access.count,"
		       " access.first_seq, access.first_ns, access.last_ns, " ENTRY_COLUMNS
		       " FROM entry CROSS JOIN access ON access.entry = entry.id"
		       " CROSS JOIN program ON program.id = access.program"
		       " CROSS JOIN session ON session.id = access.session WHERE true");
	if (one_path)
		text_add(&sql, " AND entry.path = ?");
	if (sessions)
		sessions_condition(&sql, "access.session", sessions, count);
	text_add(&sql, " ORDER BY entry.path, session.started_ns, session.id, access.first_seq");
	return text_take(&sql);
}

static int walk_begin(struct manifest *manifest, const char *path, const int64_t *sessions,
		      size_t count, struct access_walk **ret_walk, struct error *err)
{
	_cleanup_(access_walk_endp) struct access_walk *walk = calloc(1, sizeof(*walk));
	_cleanup_(freep) char *sql = walk_sql(sessions, count, path != NULL);
	int r;

	if (!walk || !sql)
		return error_oom(err);
	walk->manifest = manifest;
	r = statement_new(&manifest->sql, sql, &walk->stmt, err);
	if (r < 0)
		return r;
	if (path) {
		walk->path = strdup(path);
		if (!walk->path)
			return error_oom(err);
		bind_text(walk->stmt, 1, walk->path);
	}
	*ret_walk = take(walk);
	return 0;
}

int access_walk_begin(struct manifest *manifest, const int64_t *sessions, size_t count,
		      struct access_walk **ret_walk, struct error *err)
{
	return walk_begin(manifest, NULL, sessions, count, ret_walk, err);
}

int access_walk_begin_path(struct manifest *manifest, const char *path, const int64_t *sessions,
			   size_t count, struct access_walk **ret_walk, struct error *err)
{
	return walk_begin(manifest, path, sessions, count, ret_walk, err);
}

int access_walk_next(struct access_walk *walk, struct access_row *ret_row, struct error *err)
{
	sqlite3_stmt *stmt = walk->stmt;
	struct access_row row = {0};
	int r;

	do {
		r = statement_step(&walk->manifest->sql, stmt, err);
		if (r <= 0)
			return r;
		/* an operation this program does not know cannot be asked for either */
	} while (access_op_of_name(column_text(stmt, 3), &row.op) < 0);
	row.session = sqlite3_column_int64(stmt, 0);
	row.exe = column_text(stmt, 1);
	row.comm = column_text(stmt, 2);
	row.error = sqlite3_column_int(stmt, 4);
	row.flags = (sqlite3_column_int(stmt, 5) ? ACCESS_READING : 0) |
		    (sqlite3_column_int(stmt, 6) ? ACCESS_WRITING : 0) |
		    (sqlite3_column_int(stmt, 7) ? ACCESS_EXECUTING : 0);
	row.count = column_count(stmt, 8);
	row.first_seq = column_count(stmt, 9);
	row.first_ns = sqlite3_column_int64(stmt, 10);
	row.last_ns = sqlite3_column_int64(stmt, 11);
	entry_read(stmt, 12, &row.entry);
	*ret_row = row;
	return 1;
}

void access_walk_end(struct access_walk *walk)
{
	if (!walk)
		return;
	sqlite3_finalize(walk->stmt);
	free(walk->path);
	free(walk);
}

void access_walk_endp(struct access_walk **walk)
{
	access_walk_end(*walk);
}
