// SPDX-License-Identifier: BSD-2-Clause
#include "db/access.h"

#include "db/entry_table.h"
#include "db/manifest_private.h"
#include "db/program_table.h"

static int record_event(struct manifest *manifest, int64_t session,
			const struct event_record *record, struct error *err)
{
	static const char sql[] =
		"INSERT INTO event (session, seq, ns, pid, program, op, entry, errno)"
		" VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
	int64_t entry, program;
	sqlite3_stmt *stmt;
	int r;

	r = entry_intern(manifest, record->path, NULL, &entry, err);
	if (r == 0)
		r = program_intern(manifest, record->exe, record->comm, &program, err);
	if (r == 0)
		r = statement_get(&manifest->sql, sql, &stmt, err);
	if (r < 0)
		return r;
	bind_int(stmt, 1, session);
	bind_int(stmt, 2, (int64_t)record->seq);
	bind_int(stmt, 3, record->ns);
	bind_int(stmt, 4, record->pid);
	bind_int(stmt, 5, program);
	bind_text(stmt, 6, access_op_name(record->op));
	bind_int(stmt, 7, entry);
	bind_int(stmt, 8, record->error);
	return statement_run(&manifest->sql, stmt, err);
}

int event_record_batch(struct manifest *manifest, int64_t session,
		       const struct event_record *records, size_t count, struct error *err)
{
	int r = manifest_begin(manifest, err);

	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < count; i++)
		r = record_event(manifest, session, &records[i], err);
	if (r == 0)
		r = manifest_commit(manifest, err);
	if (r < 0)
		manifest_rollback(manifest);
	return r;
}
