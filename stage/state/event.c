// SPDX-License-Identifier: BSD-2-Clause
#include "stage/state/event.h"

#include <fcntl.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"

/* The user who logged in, whoever he has become since; where nobody did, sudo's word, or our own
 * user. */
static void person(char *buffer, size_t size)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	const char *sudo = getenv("SUDO_USER");
	uid_t uid = geteuid();
	struct passwd *entry;

	if (io_read_file(AT_FDCWD, "/proc/self/loginuid", 32, &text, NULL) == 0 && *text.bytes &&
	    strtoul(text.bytes, NULL, 10) != (uint32_t)-1) {
		uid = (uid_t)strtoul(text.bytes, NULL, 10);
	} else if (sudo && *sudo) {
		snprintf(buffer, size, "%s", sudo);
		return;
	}
	entry = getpwuid(uid);
	if (entry)
		snprintf(buffer, size, "%s", entry->pw_name);
	else
		snprintf(buffer, size, "%u", uid);
}

int event_note(struct state *state, const char *object, struct error *err, const char *format, ...)
{
	static const char sql[] =
	    "INSERT INTO event (at_ns, object, who, what) VALUES (?, ?, ?, ?)";
	_cleanup_(freep) char *what = NULL;
	sqlite3_stmt *stmt;
	char who[256];
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
	person(who, sizeof(who));
	bind_int(stmt, 1, state_now());
	bind_text(stmt, 2, object);
	bind_text(stmt, 3, who);
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

int event_forget(struct state *state, const char *object, struct error *err)
{
	sqlite3_stmt *stmt;
	int r = statement_get(&state->sql, "DELETE FROM event WHERE object = ?", &stmt, err);

	if (r < 0)
		return r;
	bind_text(stmt, 1, object);
	return statement_run(&state->sql, stmt, err);
}
