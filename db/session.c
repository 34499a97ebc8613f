// SPDX-License-Identifier: BSD-2-Clause
#include "db/session.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <uuid.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/clock.h"
#include "db/base/process.h"
#include "db/manifest_private.h"
#include "db/session_table.h"
#include "db/writer_mount.h"

#define WRITER_DIED "its writer died"

static const char *const kind_names[] = {"test", "prod"};
static const char *const mode_names[] = {"every", "first"};
static const char *const state_names[] = {"open", "complete", "interrupted"};

const char *session_kind_name(enum session_kind kind)
{
	return kind_names[kind];
}

const char *session_mode_name(enum session_mode mode)
{
	return mode_names[mode];
}

const char *session_state_name(enum session_state state)
{
	return state_names[state];
}

static void bind_id_or_null(sqlite3_stmt *stmt, int place, int64_t value)
{
	if (value >= 0)
		bind_int(stmt, place, value);
}

static void bind_start(sqlite3_stmt *stmt, const struct session_start *start)
{
	bind_text(stmt, 1, start->label ? start->label : "");
	bind_text(stmt, 2, session_kind_name(start->kind));
	bind_text(stmt, 3, session_mode_name(start->mode));
	bind_int(stmt, 4, start->exact);
	bind_text(stmt, 5, start->source ? start->source : "");
	bind_text(stmt, 6, start->command);
	bind_text(stmt, 7, start->cwd);
	bind_id_or_null(stmt, 8, start->uid);
	bind_id_or_null(stmt, 9, start->gid);
	bind_text(stmt, 10, start->env);
	bind_text(stmt, 11, start->tool ? start->tool : "");
}

/* What sessions before this connection's first found may have changed since (see entry.c). */
static int note_first(struct manifest *manifest, int64_t id, struct error *err)
{
	static const char sql[] = "SELECT coalesce(max(id), 0) FROM entry";
	_cleanup_(statement_donep) sqlite3_stmt *stmt = NULL;
	int r;

	if (manifest->first_session)
		return 0;
	r = statement_first(&manifest->sql, sql, &stmt, err);
	if (r < 0)
		return r;
	manifest->first_session = id;
	manifest->old_entries = sqlite3_column_int64(stmt, 0);
	return 0;
}

int session_begin(struct manifest *manifest, const struct session_start *start, int64_t *ret_id,
		  struct error *err)
{
	static const char sql[] =
		"INSERT INTO session (label, kind, mode, exact, source, command, cwd, uid, gid, env, tool,"
		" uuid, host, kernel, started_ns, state, pid, pid_started, pidns, boot)"
		" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', ?, ?, ?, ?)";
	char uuid[SESSION_UUID_SIZE];
	struct utsname system = {0};
	struct process writer;
	sqlite3_stmt *stmt;
	uuid_t number;
	int r;

	uname(&system);
	r = process_note(getpid(), &writer, err);
	uuid_generate(number);
	uuid_unparse_lower(number, uuid);
	if (r == 0)
		r = statement_get(&manifest->sql, sql, &stmt, err);
	if (r < 0)
		return r;
	r = manifest_begin(manifest, err);
	if (r < 0)
		return r;
	bind_start(stmt, start);
	bind_text(stmt, 12, uuid);
	bind_text(stmt, 13, system.nodename);
	bind_text(stmt, 14, system.release);
	bind_int(stmt, 15, clock_wall_ns());
	bind_int(stmt, 16, writer.pid);
	bind_int(stmt, 17, writer.started);
	bind_int(stmt, 18, writer.pidns);
	bind_text(stmt, 19, writer.boot);
	r = statement_run(&manifest->sql, stmt, err);
	if (r == 0)
		r = manifest_commit(manifest, err);
	if (r < 0) {
		manifest_rollback(manifest);
		return r;
	}
	*ret_id = sqlite3_last_insert_rowid(manifest->sql.db);
	return note_first(manifest, *ret_id, err);
}

/* Run an UPDATE of one session. */
static int run_for_one(struct manifest *manifest, sqlite3_stmt *stmt, int64_t id,
		       struct error *err)
{
	int r = statement_run(&manifest->sql, stmt, err);

	if (r == 0 && sqlite3_changes(manifest->sql.db) == 0)
		return error_set(err, -ENOENT, "manifest '%s' has no session %lld",
				 manifest->sql.path, (long long)id);
	return r;
}

int session_note(struct manifest *manifest, int64_t id, uint64_t more_events,
		 uint64_t more_dropped, const char *problem, struct error *err)
{
	static const char sql[] = "UPDATE session SET events = events + ?, dropped = dropped + ?,"
				  " problem = coalesce(problem, ?) WHERE id = ?";
	sqlite3_stmt *stmt;
	int r;

	r = statement_get(&manifest->sql, sql, &stmt, err);
	if (r < 0)
		return r;
	bind_int(stmt, 1, (int64_t)more_events);
	bind_int(stmt, 2, (int64_t)more_dropped);
	bind_text(stmt, 3, problem);
	bind_int(stmt, 4, id);
	return run_for_one(manifest, stmt, id, err);
}

int session_describe(struct manifest *manifest, int64_t id, const struct session_start *start,
		     struct error *err)
{
	static const char sql[] =
		"UPDATE session SET label = ?, kind = ?, mode = ?, exact = ?, source = ?, command = ?,"
		" cwd = ?, uid = ?, gid = ?, env = ?, tool = ? WHERE id = ?";
	sqlite3_stmt *stmt;
	int r;

	r = statement_get(&manifest->sql, sql, &stmt, err);
	if (r < 0)
		return r;
	bind_start(stmt, start);
	bind_int(stmt, 12, id);
	return run_for_one(manifest, stmt, id, err);
}

int session_ending(struct manifest *manifest, int64_t id, struct error *err)
{
	static const char sql[] = "UPDATE session SET ended_ns = max(started_ns, ?) WHERE id = ?";
	sqlite3_stmt *stmt;
	int r;

	r = statement_get(&manifest->sql, sql, &stmt, err);
	if (r < 0)
		return r;
	bind_int(stmt, 1, clock_wall_ns());
	bind_int(stmt, 2, id);
	return run_for_one(manifest, stmt, id, err);
}

int session_end(struct manifest *manifest, int64_t id, enum session_state state, struct error *err)
{
	static const char sql[] =
		"UPDATE session SET ended_ns = max(started_ns, ?), pid = 0, pid_started = 0, pidns = 0, boot = '',"
		" state = iif(dropped > 0 OR problem IS NOT NULL, 'interrupted', ?) WHERE id = ?";
	sqlite3_stmt *stmt;
	int r;

	r = statement_get(&manifest->sql, sql, &stmt, err);
	if (r < 0)
		return r;
	bind_int(stmt, 1, clock_wall_ns());
	bind_text(stmt, 2, session_state_name(state));
	bind_int(stmt, 3, id);
	return run_for_one(manifest, stmt, id, err);
}

void session_release(struct session *session)
{
	free(session->label);
	free(session->source);
	free(session->command);
	free(session->cwd);
	free(session->env);
	free(session->host);
	free(session->kernel);
	free(session->tool);
	free(session->problem);
	*session = (struct session){0};
}

void session_list_release(struct session_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		session_release(&list->items[i]);
	free(list->items);
	*list = (struct session_list){0};
}

static size_t index_of(const char *name, const char *const *names, size_t count, size_t other)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(name, names[i]))
			return i;
	return other;
}

/* A column as a string of its own; NULL stays NULL. */
static char *column_copy(sqlite3_stmt *stmt, int column, bool *failed)
{
	const char *text = column_text_or_null(stmt, column);
	char *copy = text ? strdup(text) : NULL;

	*failed |= text && !copy;
	return copy;
}

static char *column_copy_of_some(sqlite3_stmt *stmt, int column, bool *failed)
{
	char *copy = strdup(column_text(stmt, column));

	*failed |= !copy;
	return copy;
}

static int64_t column_id(sqlite3_stmt *stmt, int column)
{
	return sqlite3_column_type(stmt, column) == SQLITE_NULL ? -1
								: sqlite3_column_int64(stmt, column);
}

static void writer_read(sqlite3_stmt *stmt, int column, struct process *ret_writer)
{
	*ret_writer = (struct process){
		.pid = sqlite3_column_int64(stmt, column),
		.started = sqlite3_column_int64(stmt, column + 1),
		.pidns = sqlite3_column_int64(stmt, column + 2),
	};
	strncpy(ret_writer->boot, column_text(stmt, column + 3), sizeof(ret_writer->boot) - 1);
}

/* A writer that died could not say so: whoever reads says it. */
static void session_see_through(struct session *session, const struct process *writer, bool *failed)
{
	if (session->state != SESSION_OPEN)
		return;
	if (process_is_alive(writer)) {
		/* a guard's mount is held by what lies above it, and need have no place of its own */
		session->ending = session->ended_ns || (session->kind != SESSION_PROD &&
							!writer_has_mount(writer, session->source));
		return;
	}
	session->state = SESSION_INTERRUPTED;
	if (!session->problem)
		session->problem = strdup(WRITER_DIED);
	*failed |= !session->problem;
}

static int session_read(sqlite3_stmt *stmt, struct session *session)
{
	struct process writer;
	bool failed = false;

	*session = (struct session){.id = sqlite3_column_int64(stmt, 0)};
	strncpy(session->uuid, column_text(stmt, 1), sizeof(session->uuid) - 1);
	session->label = column_copy_of_some(stmt, 2, &failed);
	session->kind = index_of(column_text(stmt, 3), kind_names, 2, SESSION_TEST);
	session->mode = index_of(column_text(stmt, 4), mode_names, 2, SESSION_EVERY);
	session->exact = sqlite3_column_int(stmt, 5) != 0;
	session->source = column_copy_of_some(stmt, 6, &failed);
	session->command = column_copy(stmt, 7, &failed);
	session->cwd = column_copy(stmt, 8, &failed);
	session->uid = column_id(stmt, 9);
	session->gid = column_id(stmt, 10);
	session->env = column_copy(stmt, 11, &failed);
	session->host = column_copy_of_some(stmt, 12, &failed);
	session->kernel = column_copy_of_some(stmt, 13, &failed);
	session->tool = column_copy_of_some(stmt, 14, &failed);
	session->started_ns = sqlite3_column_int64(stmt, 15);
	session->ended_ns = sqlite3_column_int64(stmt, 16);
	session->state = index_of(column_text(stmt, 17), state_names, 3, SESSION_INTERRUPTED);
	session->events = column_count(stmt, 18);
	session->dropped = column_count(stmt, 19);
	session->problem = column_copy(stmt, 20, &failed);
	writer_read(stmt, 21, &writer);
	session_see_through(session, &writer, &failed);
	return failed ? -ENOMEM : 0;
}

int session_list_read(struct manifest *manifest, struct session_list *ret_list, struct error *err)
{
	static const char sql[] =
		"SELECT id, uuid, label, kind, mode, exact, source, command, cwd, uid, gid, env, host,"
		" kernel, tool, started_ns, ended_ns, state, events, dropped, problem,"
		" pid, pid_started, pidns, boot FROM session ORDER BY started_ns, id";
	_cleanup_(session_list_release) struct session_list list = {0};
	_cleanup_(statement_donep) sqlite3_stmt *stmt = NULL;
	ARRAY(struct session) sessions = ARRAY_INIT;
	int r;

	r = statement_get(&manifest->sql, sql, &stmt, err);
	while (r == 0 && (r = statement_step(&manifest->sql, stmt, err)) > 0) {
		r = array_reserve(&sessions, 1);
		if (r == 0)
			r = session_read(stmt, &sessions.items[sessions.count++]);
		if (r < 0)
			error_oom(err);
	}
	list = (struct session_list){sessions.items, sessions.count};
	if (r < 0)
		return r;
	*ret_list = list;
	list = (struct session_list){0};
	return 0;
}

static int mark_one(struct manifest *manifest, int64_t id, struct error *err)
{
	static const char sql[] =
		"UPDATE session SET state = 'interrupted', pid = 0,"
		" problem = coalesce(problem, '" WRITER_DIED "') WHERE id = ? AND state = 'open'";
	sqlite3_stmt *stmt;
	int r;

	r = statement_get(&manifest->sql, sql, &stmt, err);
	if (r < 0)
		return r;
	bind_int(stmt, 1, id);
	return statement_run(&manifest->sql, stmt, err);
}

int session_mark_interrupted(struct manifest *manifest, struct error *err)
{
	static const char sql[] =
		"SELECT id, pid, pid_started, pidns, boot FROM session WHERE state = 'open'";
	_cleanup_(statement_donep) sqlite3_stmt *stmt = NULL;
	ARRAY(int64_t) dead = ARRAY_INIT;
	int r;

	r = statement_get(&manifest->sql, sql, &stmt, err);
	while (r == 0 && (r = statement_step(&manifest->sql, stmt, err)) > 0) {
		struct process writer;

		writer_read(stmt, 1, &writer);
		r = process_is_alive(&writer) ? 0 : array_push(&dead, sqlite3_column_int64(stmt, 0));
		if (r < 0)
			error_oom(err);
	}
	statement_done(stmt);
	for (size_t i = 0; r == 0 && i < dead.count; i++)
		r = mark_one(manifest, dead.items[i], err);
	array_release(&dead);
	return r;
}

void sessions_condition(struct text *sql, const char *column, const int64_t *sessions, size_t count)
{
	text_printf(sql, " AND %s IN (", column);
	for (size_t i = 0; i < count; i++)
		text_printf(sql, "%s%lld", i ? ", " : "", (long long)sessions[i]);
	text_add(sql, ")");
}
