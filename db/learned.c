// SPDX-License-Identifier: BSD-2-Clause
#include "db/learned.h"

#include "db/base/cleanup.h"
#include "db/manifest_private.h"

static int note_one(struct manifest *manifest, const struct learned_fact *fact, struct error *err)
{
	sqlite3_stmt *stmt;
	int r = statement_get(&manifest->sql,
			      "INSERT OR REPLACE INTO learned SELECT id, ?, ?, ? FROM session"
			      " ORDER BY started_ns DESC, id DESC LIMIT 1",
			      &stmt, err);

	if (r < 0)
		return r;
	bind_text(stmt, 1, fact->kind);
	bind_text(stmt, 2, fact->name);
	bind_int(stmt, 3, fact->used);
	return statement_run(&manifest->sql, stmt, err);
}

int learned_note(struct manifest *manifest, const struct learned_fact *facts, size_t count, struct error *err)
{
	int r = manifest_begin(manifest, err);

	for (size_t i = 0; i < count && r == 0; i++)
		r = note_one(manifest, &facts[i], err);
	if (r == 0)
		r = manifest_commit(manifest, err);
	if (r < 0)
		manifest_rollback(manifest);
	return r;
}

int learned_each(struct manifest *manifest, int64_t session,
		 int (*visit)(const struct learned_fact *fact, void *data), void *data, struct error *err)
{
	_cleanup_(statement_donep) sqlite3_stmt *stmt = NULL;
	int r = statement_get(&manifest->sql, "SELECT kind, name, used FROM learned WHERE session = ? ORDER BY kind, name",
			      &stmt, err);

	if (r < 0)
		return r;
	bind_int(stmt, 1, session);
	while ((r = statement_step(&manifest->sql, stmt, err)) > 0) {
		const struct learned_fact fact = {.kind = column_text(stmt, 0),
						  .name = column_text(stmt, 1),
						  .used = sqlite3_column_int(stmt, 2) != 0};

		r = visit(&fact, data);
		if (r)
			return r;
	}
	return r;
}
