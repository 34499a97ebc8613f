// SPDX-License-Identifier: BSD-2-Clause
#include "stage/state/event.h"

#include <stdarg.h>
#include <stdio.h>

#include "db/base/cleanup.h"
#include "db/base/clock.h"
#include "stage/state/person.h"

int event_note(struct state *state, const char *object, struct error *err, const char *format, ...)
{
	static const char sql[] =
	    "INSERT INTO event (at_ns, object, who, what) VALUES (?, ?, ?, ?)";
	_cleanup_(freep) char *what = NULL;
	struct person person;
	sqlite3_stmt *stmt;
	va_list args;
	int r;

	va_start(args, format);
	if (vasprintf(&what, format, args) < 0)
		what = NULL;
	va_end(args);
	if (!what)
		return error_oom(err);
	r = statement_get(&state->sql, sql, &stmt, err);
	if (r < 0)
		return r;
	person_find(&person);
	bind_int(stmt, 1, clock_wall_ns());
	bind_text(stmt, 2, object);
	bind_text(stmt, 3, person.name);
	bind_text(stmt, 4, what);
	return statement_run(&state->sql, stmt, err);
}

int event_each(struct state *state, const char *object,
	       int (*visit)(const struct event_row *event, void *data), void *data,
	       struct error *err)
{
	static const char sql[] = "SELECT at_ns, who, what FROM event WHERE object = ? ORDER BY id";
	_cleanup_(statement_donep) sqlite3_stmt *stmt = NULL;
	int r = statement_get(&state->sql, sql, &stmt, err);

	if (r < 0)
		return r;
	bind_text(stmt, 1, object);
	while ((r = statement_step(&state->sql, stmt, err)) > 0) {
		struct event_row event = {
		    .at_ns = sqlite3_column_int64(stmt, 0),
		    .who = column_text(stmt, 1),
		    .what = column_text(stmt, 2),
		};

		r = visit(&event, data);
		if (r != 0)
			return r;
	}
	return r;
}

int event_trim(struct state *state, const char *object, struct error *err)
{
	static const char sql[] = "DELETE FROM event WHERE object = ?1 AND id < (SELECT id FROM event"
				  " WHERE object = ?1 ORDER BY id DESC LIMIT 1 OFFSET 199)";
	sqlite3_stmt *stmt;
	int r = statement_get(&state->sql, sql, &stmt, err);

	if (r < 0)
		return r;
	bind_text(stmt, 1, object);
	return statement_run(&state->sql, stmt, err);
}

int event_forget(struct state *state, const char *object, struct error *err)
{
	sqlite3_stmt *stmt;
	int r = statement_get(&state->sql, "DELETE FROM event WHERE object = ?", &stmt, err);

	if (r < 0)
		return r;
	bind_text(stmt, 1, object);
	return statement_run(&state->sql, stmt, err);
}
