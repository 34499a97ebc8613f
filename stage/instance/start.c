// SPDX-License-Identifier: BSD-2-Clause
#include "stage/instance/start.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "db/base/text.h"
#include "stage/container/keep.h"
#include "stage/instance/app.h"
#include "stage/instance/crew.h"
#include "stage/instance/ended.h"
#include "stage/instance/output.h"
#include "stage/instance/prepare.h"
#include "stage/instance/put_up.h"
#include "stage/instance/stop.h"
#include "stage/state/event.h"
#include "stage/watch/ready.h"

enum { LIFE_MS = 200, READY_MS = 60000 };

void starts_release(struct starts *starts)
{
	for (size_t i = 0; i < starts->count; i++) {
		instance_release(&starts->items[i].instance);
		run_release(&starts->items[i].run);
	}
	array_release(starts);
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* One that is still to be put up, or looked at. */
static bool goes_on(const struct start *start)
{
	return !start->ran && !start->done && start->code == 0;
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

static int intend_all(struct state *state, struct starts *starts, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < starts->count; i++) {
		struct start *start = &starts->items[i];

		if (!goes_on(start))
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
	r = lightly ? state_begin_lightly(state, err) : connection_begin(&state->sql, err);
	if (r < 0)
		return r;
	r = intend_all(state, starts, err);
	if (r == 0)
		return lightly ? state_commit_lightly(state, err) : connection_commit(&state->sql, err);
	if (lightly)
		state_rollback_lightly(state);
	else
		connection_rollback(&state->sql);
	return r;
}

/* ---- up, each in a process of its own ---- */

enum phase { PHASE_UP, PHASE_READY };

struct message {
	enum phase phase;
	int code;
	struct container_note note;
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

	if (!goes_on(start))
		return;
	message.code = put_up(&starting->prepared[i].job, &message.note, &message.err);
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
	r = run_note_up(state, start->run.id, &start->run.note, err);
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
		if (goes_on(start) && !starting->up_ms[i])
			start->code = error_set(&start->err, -ECHILD, "what was to start it was killed");
		return 0;
	}
	if (message->code < 0) {
		start->code = message->code;
		start->err = message->err;
		return 0;
	}
	if (message->phase == PHASE_READY)
		return 0;
	start->run.note = message->note;
	starting->up_ms[i] = now_ms();
	r = note_up(starting->state, start, starting->err);
	if (r == 0)
		start->run.state = RUN_UP;
	return r < 0 ? r : 1;
}

/* ---- does it stay up? ---- */

static int64_t life_of(const struct start *start)
{
	if (start->life_ms)
		return start->life_ms;
	return start->instance.spec.ready == READY_UNSET ? LIFE_MS : 0;
}

/* Nobody says when they are up: all are looked at together, until the last has lived for its while. */
static void watch_life(const struct starting *starting)
{
	size_t count = starting->starts->count, pending;
	_cleanup_(freep) struct pollfd *fds = calloc(count ? count : 1, sizeof(*fds));
	int64_t last = 0;

	for (size_t i = 0; fds && i < count; i++) {
		const struct start *start = &starting->starts->items[i];

		fds[i] = (struct pollfd){.fd = -1, .events = POLLIN};
		if (!goes_on(start))
			continue;
		fds[i].fd = process_open(&start->run.note.process);
		if (fds[i].fd >= 0 && starting->up_ms[i] + life_of(start) > last)
			last = starting->up_ms[i] + life_of(start);
	}
	do {
		int64_t left = last - now_ms();

		pending = 0;
		for (size_t i = 0; fds && i < count; i++) {
			if (fds[i].revents && fds[i].fd >= 0) {
				close(fds[i].fd);
				fds[i].fd = -1;
			}
			pending += fds[i].fd >= 0;
		}
		if (!fds || !pending || left <= 0 || poll(fds, count, (int)left) < 0)
			break;
	} while (true);
	for (size_t i = 0; fds && i < count; i++)
		closep(&fds[i].fd);
}

/* Behind the message, what it printed last. */
static void add_output(struct start *start, const struct preparation *prepared)
{
	_cleanup_(freep) char *path = path_join(prepared->directory, "log");
	_cleanup_(freep) char *last = path ? output_last(path, prepared->log_before) : NULL;
	_cleanup_(text_release) struct text shown = TEXT_INIT;
	struct error said = start->err;

	if (!last)
		return;
	text_add_plain(&shown, last);
	if (!text_failed(&shown))
		error_set(&start->err, start->code, "%s: %s", said.message, shown.bytes);
}

/* It is over already. To be done at once and well is no failure, unless it was to become ready. */
static void judge_end(struct state *state, struct start *start, const struct preparation *prepared)
{
	struct run *run = &start->run;
	int r;

	container_clear(&run->note, NULL);
	run->seen = container_status(prepared->conmon, &run->status) > 0;
	/* whoever starts it again has it now */
	if (start->instance.spec.ready == READY_UNSET && instance_restarts(&start->instance, run))
		return;
	start->done = run->seen && run->status == 0 && start->instance.spec.ready == READY_UNSET;
	if (start->done) {
		r = instance_take_down(state, &start->instance, run, &start->err);
		start->code = r;
		return;
	}
	if (run->seen)
		start->code = error_set(&start->err, -ECANCELED, "ended with status %d", run->status);
	else
		start->code = error_set(&start->err, -ECANCELED, "ended, and nobody saw how");
	add_output(start, prepared);
}

static void judge(struct state *state, struct start *start, const struct preparation *prepared)
{
	if (goes_on(start) && !process_is_alive(&start->run.note.process))
		judge_end(state, start, prepared);
	else if (start->code == -ETIME)
		add_output(start, prepared);
}

/* ---- what comes of it ---- */

static void keep_output(struct state *state, const struct start *start, const struct preparation *prepared)
{
	_cleanup_(freep) char *from = path_join(prepared->directory, "log");
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

static int note_ready(struct state *state, struct starts *starts, struct error *err)
{
	int r = connection_begin(&state->sql, err);

	for (size_t i = 0; r == 0 && i < starts->count; i++) {
		struct start *start = &starts->items[i];

		if (start->ran || start->code < 0)
			continue;
		r = run_note_ready(state, start->run.id, err);
		if (r == 0 && !start->instance.ready)
			r = instance_mark_ready(state, start->instance.app, start->instance.name, err);
	}
	if (r == 0)
		r = connection_commit(&state->sql, err);
	if (r < 0)
		connection_rollback(&state->sql);
	return r;
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
		watch_life(starting);
	for (size_t i = 0; i < crew.count; i++) {
		struct start *start = &starting->starts->items[i];

		if (r < 0 && goes_on(start))
			start->code = error_set(&start->err, r, "%s", err->message);
		judge(starting->state, start, &starting->prepared[i]);
		if (start->code < 0)
			undo(starting->state, start, &starting->prepared[i]);
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
	preparations_release(starting.prepared, starts->count);
	return r;
}
