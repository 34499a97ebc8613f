// SPDX-License-Identifier: BSD-2-Clause
#include "stage/stages/test_row.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "stage/state/rows.h"

void test_row_release(struct test_row *row)
{
	free(row->label);
	free(row->asked);
	free(row->container);
	row->label = row->asked = row->container = NULL;
}

int test_row_put(struct state *state, const char *name, const struct test_row *row, struct error *err)
{
	static const char sql[] = "INSERT OR REPLACE INTO test (name, kind, label, asked, container, state, pid,"
				  " pid_started, pidns, boot, begun_ns)"
				  " VALUES (?, ?, ?, ?, ?, 'making', ?, ?, ?, ?, ?)";
	sqlite3_stmt *stmt;
	int r = statement_get(&state->sql, sql, &stmt, err);

	if (r < 0)
		return r;
	bind_text(stmt, 1, name);
	bind_text(stmt, 2, row->mount ? "mount" : "service");
	bind_text(stmt, 3, row->label);
	bind_text(stmt, 4, row->asked);
	bind_text(stmt, 5, row->container);
	rows_bind_process(stmt, 6, &row->process);
	bind_int(stmt, 10, row->begun_ns);
	return statement_run(&state->sql, stmt, err);
}

int test_row_up(struct state *state, const char *name, struct error *err)
{
	return rows_change(state, "UPDATE test SET state = 'up' WHERE name = ?", name, err);
}

int test_row_going(struct state *state, const char *name, struct error *err)
{
	return rows_change(state, "UPDATE test SET state = 'going' WHERE name = ?", name, err);
}

int test_row_remove(struct state *state, const char *name, struct error *err)
{
	return rows_change(state, "DELETE FROM test WHERE name = ?", name, err);
}

int test_row_find(struct state *state, const char *name, struct test_row *ret_row, struct error *err)
{
	static const char sql[] = "SELECT kind, label, asked, container, pid, pid_started, pidns, boot, begun_ns"
				  " FROM test WHERE name = ?";
	_cleanup_(statement_donep) sqlite3_stmt *stmt = NULL;
	struct test_row row;
	int r = statement_get(&state->sql, sql, &stmt, err);

	if (r < 0)
		return r;
	bind_text(stmt, 1, name);
	r = statement_step(&state->sql, stmt, err);
	if (r <= 0 || !ret_row)
		return r;
	row = (struct test_row){
		.mount = strcmp(column_text(stmt, 0), "mount") == 0,
		.label = strdup(column_text(stmt, 1)),
		.asked = strdup(column_text(stmt, 2)),
		.container = strdup(column_text(stmt, 3)),
		.begun_ns = sqlite3_column_int64(stmt, 8),
	};
	rows_read_process(stmt, 4, &row.process);
	if (!row.label || !row.asked || !row.container) {
		test_row_release(&row);
		return error_oom(err);
	}
	*ret_row = row;
	return 1;
}
