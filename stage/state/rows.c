// SPDX-License-Identifier: BSD-2-Clause
#include "stage/state/rows.h"

#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"

int rows_change(struct state *state, const char *sql, const char *name, struct error *err)
{
	sqlite3_stmt *stmt;
	int r = statement_get(&state->sql, sql, &stmt, err);

	if (r < 0)
		return r;
	bind_text(stmt, 1, name);
	return statement_run(&state->sql, stmt, err);
}

int rows_holds(struct state *state, const char *sql, const char *name, struct error *err)
{
	_cleanup_(statement_donep) sqlite3_stmt *stmt = NULL;
	int r = statement_get(&state->sql, sql, &stmt, err);

	if (r < 0)
		return r;
	bind_text(stmt, 1, name);
	return statement_step(&state->sql, stmt, err);
}

int rows_each_name(struct state *state, const char *sql, int (*visit)(const char *name, void *data),
		   void *data, struct error *err)
{
	_cleanup_(statement_freep) sqlite3_stmt *stmt = NULL;
	ARRAY(char *) names = ARRAY_INIT;
	int r = statement_new(&state->sql, sql, &stmt, err);

	while (r == 0 && (r = statement_step(&state->sql, stmt, err)) > 0) {
		char *name = strdup(column_text(stmt, 0));

		r = name ? array_push(&names, name) : -ENOMEM;
		if (r < 0) {
			free(name);
			error_oom(err);
		}
	}
	statement_done(stmt);
	for (size_t i = 0; i < names.count; i++) {
		if (r == 0)
			r = visit(names.items[i], data);
		free(names.items[i]);
	}
	array_release(&names);
	return r;
}
