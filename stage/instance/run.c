// SPDX-License-Identifier: BSD-2-Clause
#include "stage/instance/run.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/clock.h"
#include "stage/instance/columns.h"
#include "stage/layer/directory.h"
#include "stage/state/rows.h"

/* What is kept of the past of an instance. */
enum { RUNS_KEPT = 20 };

void run_release(struct run *run)
{
	free(run->package);
	free(run->said);
	*run = (struct run)RUN_INIT;
}

char *run_directory(const struct state *state, const struct run *run)
{
	return state_path(state, "run/%s", run->note.name);
}

/* ---- reading ---- */

#define SELECT "SELECT " RUN_COLUMNS ", r.app, r.instance FROM run AS r"

static struct process read_process(sqlite3_stmt *stmt, int from, int column)
{
	struct process process = {
		.pid = sqlite3_column_int64(stmt, from + column),
		.started = sqlite3_column_int64(stmt, from + column + 1),
		.pidns = sqlite3_column_int64(stmt, from + 5),
	};

	snprintf(process.boot, sizeof(process.boot), "%s", column_text(stmt, from + 4));
	return process;
}

static enum run_state state_of(const char *word)
{
	return strcmp(word, "making") == 0 ? RUN_MAKING : strcmp(word, "up") == 0 ? RUN_UP : RUN_ENDED;
}

int run_read(sqlite3_stmt *stmt, int from, struct run *ret_run, struct error *err)
{
	const char *said = column_text_or_null(stmt, from + 20);
	struct run run = {
		.id = sqlite3_column_int64(stmt, from),
		.package = strdup(column_text(stmt, from + 1)),
		.said = said ? strdup(said) : NULL,
		.state = state_of(column_text(stmt, from + 3)),
		.restarts = sqlite3_column_int(stmt, from + 14),
		.begun_ns = sqlite3_column_int64(stmt, from + 15),
		.ready_ns = sqlite3_column_int64(stmt, from + 16),
		.ended_ns = sqlite3_column_int64(stmt, from + 17),
		.seen = sqlite3_column_type(stmt, from + 18) != SQLITE_NULL,
		.status = sqlite3_column_int(stmt, from + 18),
		.oom = sqlite3_column_int(stmt, from + 19) != 0,
		.waiter = read_process(stmt, from, 21),
		.guard = {.daemon = read_process(stmt, from, 23)},
	};

	run.note.process = read_process(stmt, from, 6);
	run.note.conmon = read_process(stmt, from, 8);
	run.note.network = read_process(stmt, from, 10);
	run.note.stop_signal = sqlite3_column_int(stmt, from + 13);
	snprintf(run.note.name, sizeof(run.note.name), "%s", column_text(stmt, from + 2));
	snprintf(run.note.cgroup, sizeof(run.note.cgroup), "%s", column_text(stmt, from + 12));
	snprintf(run.guard.device, sizeof(run.guard.device), "%s", column_text(stmt, from + 25));
	if (!run.package) {
		run_release(&run);
		return error_oom(err);
	}
	*ret_run = run;
	return 1;
}

int run_newest(struct state *state, const char *app, const char *name, struct run *ret_run,
	       struct error *err)
{
	static const char sql[] = SELECT " WHERE app = ? AND instance = ? ORDER BY id DESC LIMIT 1";
	_cleanup_(statement_donep) sqlite3_stmt *stmt = NULL;
	int r = statement_get(&state->sql, sql, &stmt, err);

	if (r < 0)
		return r;
	bind_text(stmt, 1, app);
	bind_text(stmt, 2, name);
	r = statement_step(&state->sql, stmt, err);
	return r > 0 ? run_read(stmt, 0, ret_run, err) : r;
}

int run_find(struct state *state, int64_t id, struct run *ret_run, char **ret_app, char **ret_name,
	     struct error *err)
{
	_cleanup_(statement_donep) sqlite3_stmt *stmt = NULL;
	_cleanup_(freep) char *app = NULL, *name = NULL;
	int r = statement_get(&state->sql, SELECT " WHERE id = ?", &stmt, err);

	if (r < 0)
		return r;
	bind_int(stmt, 1, id);
	r = statement_step(&state->sql, stmt, err);
	if (r <= 0)
		return r;
	app = strdup(column_text(stmt, RUN_COLUMN_COUNT));
	name = strdup(column_text(stmt, RUN_COLUMN_COUNT + 1));
	r = app && name ? run_read(stmt, 0, ret_run, err) : error_oom(err);
	if (r > 0) {
		*ret_app = take(app);
		*ret_name = take(name);
	}
	return r;
}

int run_is_live(struct state *state, const char *container, struct error *err)
{
	return rows_holds(state, "SELECT 1 FROM run WHERE container = ? AND state <> 'ended'", container, err);
}

int run_each(struct state *state, const char *app, const char *name, int most,
	     int (*visit)(const struct run *run, void *data), void *data, struct error *err)
{
	static const char sql[] = SELECT " WHERE app = ? AND instance = ? ORDER BY id DESC LIMIT ?";
	_cleanup_(statement_freep) sqlite3_stmt *stmt = NULL;
	int r = statement_new(&state->sql, sql, &stmt, err);

	if (r < 0)
		return r;
	bind_text(stmt, 1, app);
	bind_text(stmt, 2, name);
	bind_int(stmt, 3, most);
	while (r == 0 && (r = statement_step(&state->sql, stmt, err)) > 0) {
		_cleanup_(run_release) struct run run = RUN_INIT;

		r = run_read(stmt, 0, &run, err);
		if (r > 0)
			r = visit(&run, data);
	}
	return r;
}

/* ---- noting ---- */

static int insert(struct state *state, const struct instance *instance, int restarts,
		  const struct process *self, int64_t now, struct error *err)
{
	static const char sql[] = "INSERT INTO run (app, instance, package, container, state, boot, pidns,"
				  " restarts, begun_ns) VALUES (?, ?, ?, '', 'making', ?, ?, ?, ?)";
	sqlite3_stmt *stmt;
	int r = statement_get(&state->sql, sql, &stmt, err);

	if (r < 0)
		return r;
	bind_text(stmt, 1, instance->app);
	bind_text(stmt, 2, instance->name);
	bind_text(stmt, 3, instance->package);
	bind_text(stmt, 4, self->boot);
	bind_int(stmt, 5, self->pidns);
	bind_int(stmt, 6, restarts);
	bind_int(stmt, 7, now);
	return statement_run(&state->sql, stmt, err);
}

static int give_name(struct state *state, int64_t id, const char *name, struct error *err)
{
	sqlite3_stmt *stmt;
	int r = statement_get(&state->sql, "UPDATE run SET container = ? WHERE id = ?", &stmt, err);

	if (r < 0)
		return r;
	bind_text(stmt, 1, name);
	bind_int(stmt, 2, id);
	return statement_run(&state->sql, stmt, err);
}

static int forget_past(struct state *state, const struct instance *instance, struct error *err)
{
	static const char sql[] = "DELETE FROM run WHERE app = ?1 AND instance = ?2 AND id NOT IN (SELECT id"
				  " FROM run WHERE app = ?1 AND instance = ?2 ORDER BY id DESC LIMIT ?3)";
	sqlite3_stmt *stmt;
	int r = statement_get(&state->sql, sql, &stmt, err);

	if (r < 0)
		return r;
	bind_text(stmt, 1, instance->app);
	bind_text(stmt, 2, instance->name);
	bind_int(stmt, 3, RUNS_KEPT);
	return statement_run(&state->sql, stmt, err);
}

int run_begin(struct state *state, const struct instance *instance, int restarts,
	      struct run *ret_run, struct error *err)
{
	_cleanup_(run_release) struct run run = RUN_INIT;
	struct process self;
	int r = process_note(getpid(), &self, err);

	if (r < 0)
		return r;
	run.note.process = self;
	run.note.process.pid = 0; /* it has no process yet, but is of this boot */
	run.begun_ns = clock_wall_ns();
	run.state = RUN_MAKING;
	run.restarts = restarts;
	run.package = strdup(instance->package);
	r = run.package ? insert(state, instance, restarts, &self, run.begun_ns, err) : error_oom(err);
	if (r < 0)
		return r;
	run.id = sqlite3_last_insert_rowid(state->sql.db);
	snprintf(run.note.name, sizeof(run.note.name), "%s-%s-%.8s-%" PRId64, instance->app,
		 instance->name, state->uuid, run.id);
	r = give_name(state, run.id, run.note.name, err);
	if (r == 0)
		r = forget_past(state, instance, err);
	if (r < 0)
		return r;
	*ret_run = run;
	run = (struct run)RUN_INIT;
	return 0;
}

static void bind_process(sqlite3_stmt *stmt, int place, const struct process *process)
{
	if (process->pid <= 0)
		return; /* NULL */
	bind_int(stmt, place, process->pid);
	bind_int(stmt, place + 1, process->started);
}

int run_note_up(struct state *state, int64_t id, const struct container_note *note,
		const struct guard *guard, struct error *err)
{
	static const char sql[] = "UPDATE run SET state = 'up', pid = ?1, pid_started = ?2, conmon = ?3,"
				  " conmon_started = ?4, network = ?5, network_started = ?6, cgroup = ?7,"
				  " stop_signal = ?8, guard = ?9, guard_started = ?10, guard_device = ?11"
				  " WHERE id = ?12";
	sqlite3_stmt *stmt;
	int r = statement_get(&state->sql, sql, &stmt, err);

	if (r < 0)
		return r;
	bind_process(stmt, 1, &note->process);
	bind_process(stmt, 3, &note->conmon);
	bind_process(stmt, 5, &note->network);
	bind_text(stmt, 7, note->cgroup);
	bind_int(stmt, 8, note->stop_signal);
	bind_process(stmt, 9, &guard->daemon);
	if (guard->daemon.pid > 0)
		bind_text(stmt, 11, guard->device);
	bind_int(stmt, 12, id);
	return statement_run(&state->sql, stmt, err);
}

int run_note_ready(struct state *state, int64_t id, struct error *err)
{
	sqlite3_stmt *stmt;
	int r = statement_get(&state->sql, "UPDATE run SET ready_ns = ? WHERE id = ?", &stmt, err);

	if (r < 0)
		return r;
	bind_int(stmt, 1, clock_wall_ns());
	bind_int(stmt, 2, id);
	return statement_run(&state->sql, stmt, err);
}

int run_note_ended(struct state *state, const struct run *run, struct error *err)
{
	static const char sql[] = "UPDATE run SET state = 'ended', ended_ns = ?1, status = ?2, oom = ?3,"
				  " said = ?4 WHERE id = ?5";
	sqlite3_stmt *stmt;
	int r = statement_get(&state->sql, sql, &stmt, err);

	if (r < 0)
		return r;
	bind_int(stmt, 1, clock_wall_ns());
	if (run->seen)
		bind_int(stmt, 2, run->status);
	bind_int(stmt, 3, run->oom);
	bind_text(stmt, 4, run->said);
	bind_int(stmt, 5, run->id);
	return statement_run(&state->sql, stmt, err);
}

int run_note_waiter(struct state *state, int64_t id, struct error *err)
{
	static const char sql[] = "UPDATE run SET waiter = ?, waiter_started = ? WHERE id = ?";
	struct process self;
	sqlite3_stmt *stmt;
	int r = statement_get(&state->sql, sql, &stmt, err);

	if (r == 0)
		r = process_note(getpid(), &self, err);
	if (r < 0)
		return r;
	bind_int(stmt, 1, self.pid);
	bind_int(stmt, 2, self.started);
	bind_int(stmt, 3, id);
	return statement_run(&state->sql, stmt, err);
}

/* ---- what was left ---- */

static int tidy_one(const char *container, void *data, struct error *err)
{
	struct state *state = data;
	int r = run_is_live(state, container, err);

	return r ? (r < 0 ? r : 0) : directory_remove(state, "run", container, err);
}

int run_tidy(struct state *state, struct error *err)
{
	return state_each(state, "run", tidy_one, state, err);
}
