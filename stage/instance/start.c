// SPDX-License-Identifier: BSD-2-Clause
#include "stage/instance/start.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/clock.h"
#include "db/base/path.h"
#include "db/base/text.h"
#include "stage/container/keep.h"
#include "stage/instance/allow.h"
#include "stage/instance/crew.h"
#include "stage/instance/prepare.h"
#include "stage/instance/put_up.h"
#include "stage/instance/stays.h"
#include "stage/instance/stop.h"
#include "stage/state/event.h"
#include "stage/watch/ready.h"

enum { READY_MS = 60000 };

void starts_release(struct starts *starts)
{
	for (size_t i = 0; i < starts->count; i++) {
		instance_release(&starts->items[i].instance);
		run_release(&starts->items[i].run);
	}
	array_release(starts);
}

/* ---- the intention ---- */

static int settle(struct state *state, struct start *start)
{
	int r;

	/* its row is new, and ours */
	if (!start->instance.ready)
		return 0;
	r = instance_settle(state, start->instance.app, start->instance.name, &start->err);
	if (r == -ENOENT)
		return error_set(&start->err, r, "it was removed meanwhile");
	start->ran = r > 0;
	return r < 0 ? r : 0;
}

static int begin(struct state *state, bool lightly, struct error *err)
{
	return lightly ? state_begin_lightly(state, err) : connection_begin(&state->sql, err);
}

static int finish(struct state *state, bool lightly, int r, struct error *err)
{
	if (r == 0 && lightly)
		return state_commit_lightly(state, err);
	if (r == 0)
		r = connection_commit(&state->sql, err);
	if (r < 0 && lightly)
		state_rollback_lightly(state);
	else if (r < 0)
		connection_rollback(&state->sql);
	return r;
}

static int intend_all(struct state *state, struct starts *starts, struct error *err)
{
	int r = allow_all(state, starts, err);

	for (size_t i = 0; r == 0 && i < starts->count; i++) {
		struct start *start = &starts->items[i];

		if (!start_goes_on(start))
			continue;
		if (!start->instance.wanted)
			r = instance_want(state, start->instance.app, start->instance.name, true, err);
		start->instance.wanted = true;
		if (r == 0)
			r = run_begin(state, &start->instance, start->restarts, &start->run, err);
	}
	return r;
}

/* What is nothing after a boot need not be on disk; that it is wanted up must. */
static int intend(struct state *state, struct starts *starts, struct error *err)
{
	bool lightly = true;
	int r;

	for (size_t i = 0; i < starts->count; i++)
		lightly &= starts->items[i].instance.wanted;
	r = begin(state, lightly, err);
	if (r == 0)
		r = intend_all(state, starts, err);
	return finish(state, lightly, r, err);
}

/* ---- up, each in a process of its own ---- */

enum phase { PHASE_UP, PHASE_READY };

struct message {
	enum phase phase;
	int code;
	struct container_note note;
	struct guard guard;
	struct error err;
};

_Static_assert(sizeof(struct message) <= PIPE_BUF, "it is written in one piece");

struct starting {
	struct state *state;
	struct starts *starts;
	struct preparation *prepared;
	int64_t *up_ms; /* when each came up; 0: not yet */
	struct error *err;
};

/* For the command of --ready, on the host. */
static void tell_command(const struct start *start, const struct container_note *note)
{
	char number[24];

	snprintf(number, sizeof(number), "%lld", (long long)note->process.pid);
	setenv("SFC_APP", start->instance.app, 1);
	setenv("SFC_INSTANCE", start->instance.name, 1);
	setenv("SFC_PID", number, 1);
}

static const char *ready_words(const struct spec *spec, char *buffer, size_t size)
{
	if (spec->ready != READY_TCP)
		return spec->ready_text;
	snprintf(buffer, size, "tcp:%u", spec->ready_port);
	return buffer;
}

static int wait_ready(const struct start *start, const struct preparation *prepared,
		      const struct container_note *note, struct error *err)
{
	const struct spec *spec = &start->instance.spec;
	uint64_t limit = spec->timeout_ms ? spec->timeout_ms : READY_MS;
	struct container *container = NULL;
	char words[32];
	int r = container_attach(note, prepared->conmon, &container, err);

	if (r < 0)
		return r;
	tell_command(start, note);
	r = ready_wait(container, spec, NULL, 0, (int64_t)limit, err);
	container_leave(container);
	if (r == -ETIME)
		r = error_set(err, r, "did not become ready ('%s') within %g s",
			      ready_words(spec, words, sizeof(words)), (double)limit / 1000);
	return r;
}

static void work(void *data, size_t i, int tell)
{
	const struct starting *starting = data;
	const struct start *start = &starting->starts->items[i];
	struct message message = {.phase = PHASE_UP};

	if (!start_goes_on(start))
		return;
	message.code = put_up(&starting->prepared[i].job, &message.note, &message.guard, &message.err);
	(void)!write(tell, &message, sizeof(message));
	if (message.code < 0 || start->instance.spec.ready == READY_UNSET)
		return;
	message.phase = PHASE_READY;
	message.code = wait_ready(start, &starting->prepared[i], &message.note, &message.err);
	(void)!write(tell, &message, sizeof(message));
}

static int note_up(struct state *state, const struct start *start, struct error *err)
{
	char object[160];
	int r = state_begin_lightly(state, err);

	if (r < 0)
		return r;
	instance_object(start->instance.app, start->instance.name, object, sizeof(object));
	r = run_note_up(state, start->run.id, &start->run.note, &start->run.guard, err);
	if (r == 0)
		r = event_note(state, object, err, start->restarts ? "started again" : "started");
	if (r == 0)
		return state_commit_lightly(state, err);
	state_rollback_lightly(state);
	return r;
}

static int hear(void *data, size_t i, const void *from)
{
	struct starting *starting = data;
	struct start *start = &starting->starts->items[i];
	const struct message *message = from;
	int r;

	if (!message) {
		if (start_goes_on(start) && !starting->up_ms[i])
			start->code = error_set(&start->err, -ECHILD, "what was to start it was killed");
		return 0;
	}
	/* one that did not come up may have left its guard, which ends by itself */
	if (message->phase == PHASE_UP)
		start->run.guard = message->guard;
	if (message->code < 0 || message->phase == PHASE_READY) {
		start->code = message->code;
		start->err = message->err;
		return 0;
	}
	start->run.note = message->note;
	starting->up_ms[i] = clock_steady_ms();
	r = note_up(starting->state, start, starting->err);
	if (r < 0)
		return r;
	start->run.state = RUN_UP;
	/* until it says so */
	if (start->instance.spec.ready != READY_UNSET)
		start->code = error_set(&start->err, -ECHILD, "what waited until it is ready was killed");
	return 1;
}

/* ---- what comes of it ---- */

static void keep_output(struct state *state, const struct start *start, const struct preparation *prepared)
{
	_cleanup_(freep) char *from = prepared ? path_join(prepared->directory, "log") : NULL;
	_cleanup_(freep) char *to = state_path(state, "app/%s/last-failure.log", start->instance.app);

	if (from && to)
		rename(from, to);
}

/* What could not start is down again, and one that was new leaves nothing but what it printed. */
static void undo(struct state *state, struct start *start, const struct preparation *prepared)
{
	struct error err = ERROR_INIT, said;
	int r;

	start->run.said = strdup(start->err.message);
	r = instance_take_down(state, &start->instance, &start->run, &err);
	if (r == 0 && !start->instance.ready) {
		keep_output(state, start, prepared);
		r = instance_remove(state, start->instance.app, start->instance.name, &err);
	}
	/* "web/1 ended with status 3", but "web/1: there is no such file" */
	said = start->err;
	error_set(&start->err, start->code, "%s/%s%s %s", start->instance.app, start->instance.name,
		  start->code == -ECANCELED || start->code == -ETIME ? "" : ":", said.message);
	if (r < 0)
		error_set(&start->err, start->code, "%s; %s", start->err.message, err.message);
}

/* NULL: it was not allowed to begin. */
static const struct preparation *has_log(const struct preparation *prepared)
{
	return prepared->directory ? prepared : NULL;
}

/* Nothing could be tried: new rows go as they came. */
static void undo_all(struct state *state, struct starts *starts, int code, const struct error *err)
{
	for (size_t i = 0; i < starts->count; i++) {
		struct start *start = &starts->items[i];

		if (start_goes_on(start))
			start->code = error_set(&start->err, code, "%s", err->message);
		if (start->code < 0)
			undo(state, start, NULL);
	}
}

static int note_all_ready(struct state *state, struct starts *starts, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < starts->count; i++) {
		struct start *start = &starts->items[i];

		if (start->ran || start->code < 0)
			continue;
		r = run_note_ready(state, start->run.id, err);
		if (r == 0 && !start->instance.ready)
			r = instance_mark_ready(state, start->instance.app, start->instance.name, err);
	}
	return r;
}

/* That one is there to stay must be on disk. */
static int note_ready(struct state *state, struct starts *starts, struct error *err)
{
	bool lightly = true;
	int r;

	for (size_t i = 0; i < starts->count; i++)
		lightly &= starts->items[i].instance.ready;
	r = begin(state, lightly, err);
	if (r == 0)
		r = note_all_ready(state, starts, err);
	return finish(state, lightly, r, err);
}

static int run_all(struct starting *starting, struct error *err)
{
	const struct crew crew = {
		.count = starting->starts->count,
		.at_once = crew_of_processors(),
		.message_size = sizeof(struct message),
		.work = work,
		.hear = hear,
		.data = starting,
	};
	int r = crew_run(&crew, err);

	if (r == 0)
		stays_watch(starting->starts, starting->up_ms);
	for (size_t i = 0; i < crew.count; i++) {
		struct start *start = &starting->starts->items[i];

		if (r < 0 && start_goes_on(start))
			start->code = error_set(&start->err, r, "%s", err->message);
		stays_judge(starting->state, start, &starting->prepared[i]);
		if (start->code < 0)
			undo(starting->state, start, has_log(&starting->prepared[i]));
	}
	return r < 0 ? r : note_ready(starting->state, starting->starts, err);
}

int instance_start(struct state *state, struct starts *starts, struct error *err)
{
	struct starting starting = {.state = state, .starts = starts, .err = err};
	_cleanup_(freep) int64_t *up_ms = calloc(starts->count + 1, sizeof(*up_ms));
	int r = 0;

	for (size_t i = 0; i < starts->count; i++)
		starts->items[i].code = settle(state, &starts->items[i]);
	r = up_ms ? intend(state, starts, err) : error_oom(err);
	if (r == 0)
		r = prepare_all(state, starts, &starting.prepared, err);
	starting.up_ms = up_ms;
	if (r == 0)
		r = run_all(&starting, err);
	else
		undo_all(state, starts, r, err);
	preparations_release(starting.prepared, starts->count);
	return r;
}
