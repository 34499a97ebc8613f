// SPDX-License-Identifier: BSD-2-Clause
#include "stage/state/rows.h"

#include <stdio.h>
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

void rows_read_process(sqlite3_stmt *stmt, int column, struct process *ret_process)
{
	*ret_process = (struct process){
		.pid = sqlite3_column_int64(stmt, column),
		.started = sqlite3_column_int64(stmt, column + 1),
		.pidns = sqlite3_column_int64(stmt, column + 2),
	};
	snprintf(ret_process->boot, sizeof(ret_process->boot), "%s", column_text(stmt, column + 3));
}

void rows_bind_process(sqlite3_stmt *stmt, int place, const struct process *process)
{
	bind_int(stmt, place, process->pid);
	bind_int(stmt, place + 1, process->started);
	bind_int(stmt, place + 2, process->pidns);
	bind_text(stmt, place + 3, process->boot);
}
