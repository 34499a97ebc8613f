// SPDX-License-Identifier: BSD-2-Clause
#include "db/phase.h"

#include "db/base/cleanup.h"
#include "db/manifest_private.h"

int phase_note(struct manifest *manifest, const struct phase *phases, size_t count, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		sqlite3_stmt *stmt;

		if (!phases[i].ns)
			continue;
		r = statement_get(&manifest->sql,
				  "INSERT OR REPLACE INTO phase SELECT id, ?, ? FROM session"
				  " ORDER BY started_ns DESC, id DESC LIMIT 1",
				  &stmt, err);
		if (r < 0)
			break;
		bind_text(stmt, 1, phases[i].name);
		bind_int(stmt, 2, phases[i].ns);
		r = statement_run(&manifest->sql, stmt, err);
	}
	return r;
}

int phase_each(struct manifest *manifest, int64_t session, int (*visit)(const struct phase *phase, void *data),
	       void *data, struct error *err)
{
	_cleanup_(statement_donep) sqlite3_stmt *stmt = NULL;
	int r = statement_get(&manifest->sql, "SELECT name, ns FROM phase WHERE session = ? ORDER BY ns", &stmt, err);

	if (r < 0)
		return r;
	bind_int(stmt, 1, session);
	while ((r = statement_step(&manifest->sql, stmt, err)) > 0) {
		const struct phase phase = {.name = column_text(stmt, 0), .ns = sqlite3_column_int64(stmt, 1)};

		r = visit(&phase, data);
		if (r)
			return r;
	}
	return r;
}
