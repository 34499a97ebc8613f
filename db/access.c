// SPDX-License-Identifier: BSD-2-Clause
#include "db/access.h"

#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/entry_table.h"
#include "db/manifest_private.h"
#include "db/program_table.h"
#include "db/session.h"

static const char *const op_names[ACCESS_OPS] = {
	[ACCESS_LOOKUP] = "lookup",	[ACCESS_STAT] = "stat",
	[ACCESS_ACCESS] = "access",	[ACCESS_READLINK] = "readlink",
	[ACCESS_OPEN] = "open",		[ACCESS_EXEC] = "exec",
	[ACCESS_READDIR] = "readdir",	[ACCESS_GETXATTR] = "getxattr",
	[ACCESS_CREATE] = "create",	[ACCESS_MKDIR] = "mkdir",
	[ACCESS_MKNOD] = "mknod",	[ACCESS_SYMLINK] = "symlink",
	[ACCESS_LINK] = "link",		[ACCESS_UNLINK] = "unlink",
	[ACCESS_RMDIR] = "rmdir",	[ACCESS_RENAME] = "rename",
	[ACCESS_WRITE] = "write",	[ACCESS_SETATTR] = "setattr",
	[ACCESS_SETXATTR] = "setxattr",
};

const char *access_op_name(enum access_op op)
{
	return (unsigned int)op < ACCESS_OPS ? op_names[op] : NULL;
}

int access_op_of_name(const char *name, enum access_op *ret_op)
{
	for (int op = 0; op < ACCESS_OPS; op++) {
		if (!strcmp(name, op_names[op])) {
			*ret_op = (enum access_op)op;
			return 0;
		}
	}
	return -EINVAL;
}

static int by_path(const void *a, const void *b)
{
	const struct access_record *const *x = a, *const *y = b;
	int order = strcmp((*x)->path, (*y)->path);

	/* of two sightings of one path the earlier is the first */
	return order ? order : ((*x)->first_seq > (*y)->first_seq) -
				       ((*x)->first_seq < (*y)->first_seq);
}

/* Sorted, so that new rows of one batch go to neighbouring pages. NULL: out of memory. */
static const struct access_record **sorted(const struct access_record *records, size_t count)
{
	const struct access_record **order = calloc(count ? count : 1, sizeof(*order));

	for (size_t i = 0; order && i < count; i++)
		order[i] = &records[i];
	if (order)
		sort_items(order, count, sizeof(*order), by_path);
	return order;
}

struct access_key {
	int64_t entry, session, program;
};

static void bind_access(sqlite3_stmt *stmt, const struct access_record *record,
			const struct access_key *key)
{
	bind_int(stmt, 1, key->entry);
	bind_int(stmt, 2, key->session);
	bind_text(stmt, 3, access_op_name(record->op));
	bind_int(stmt, 4, record->error);
	bind_int(stmt, 5, key->program);
	bind_int(stmt, 6, (int64_t)record->count);
	bind_int(stmt, 7, (record->flags & ACCESS_READING) != 0);
	bind_int(stmt, 8, (record->flags & ACCESS_WRITING) != 0);
	bind_int(stmt, 9, (record->flags & ACCESS_EXECUTING) != 0);
	bind_int(stmt, 10, (int64_t)record->first_seq);
	bind_int(stmt, 11, record->first_ns);
	bind_int(stmt, 12, record->last_ns);
}

static int access_run(struct manifest *manifest, const char *sql,
		      const struct access_record *record, const struct access_key *key,
		      struct error *err)
{
	sqlite3_stmt *stmt;
	int r;

	r = statement_get(&manifest->sql, sql, &stmt, err);
	if (r < 0)
		return r;
	bind_access(stmt, record, key);
	return statement_run(&manifest->sql, stmt, err);
}

/* Grow the row that is there: 1, or 0 when there is none. */
static int access_grow(struct manifest *manifest, const struct access_record *record,
		       const struct access_key *key, struct error *err)
{
	static const char sql[] =
		"UPDATE access SET count = count + ?6, reading = reading | ?7, writing = writing | ?8,"
		" executing = executing | ?9, first_seq = min(first_seq, ?10),"
		" first_ns = min(first_ns, ?11), last_ns = max(last_ns, ?12)"
		" WHERE entry = ?1 AND session = ?2 AND op = ?3 AND errno = ?4 AND program = ?5";
	int r = access_run(manifest, sql, record, key, err);

	return r < 0 ? r : sqlite3_changes(manifest->sql.db) > 0;
}

static int access_insert(struct manifest *manifest, const struct access_record *record,
			 const struct access_key *key, struct error *err)
{
	static const char sql[] =
		"INSERT INTO access (entry, session, op, errno, program, count, reading, writing,"
		" executing, first_seq, first_ns, last_ns) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

	return access_run(manifest, sql, record, key, err);
}

static int record_one(struct manifest *manifest, int64_t session,
		      const struct access_record *record, struct error *err)
{
	struct access_key key = {.session = session};
	int r;

	r = entry_intern(manifest, record->path, record->found, &key.entry, err);
	if (r == 0)
		r = program_intern(manifest, record->exe, record->comm, &key.program, err);
	if (r == 0)
		r = access_grow(manifest, record, &key, err);
	return r ? (r < 0 ? r : 0) : access_insert(manifest, record, &key, err);
}

int access_record_batch(struct manifest *manifest, int64_t session,
			const struct access_record *records, size_t count, uint64_t more_events,
			uint64_t more_dropped, struct error *err)
{
	_cleanup_(freep) const struct access_record **order = sorted(records, count);
	int r;

	if (!order)
		return error_oom(err);
	r = manifest_begin(manifest, err);
	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < count; i++)
		r = record_one(manifest, session, order[i], err);
	if (r == 0)
		r = session_note(manifest, session, more_events, more_dropped, NULL, err);
	if (r == 0)
		r = manifest_commit(manifest, err);
	if (r < 0)
		manifest_rollback(manifest);
	return r;
}
