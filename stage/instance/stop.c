// SPDX-License-Identifier: BSD-2-Clause
#include "stage/instance/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/path.h"
#include "db/base/text.h"
#include "stage/instance/crew.h"
#include "stage/instance/guarded.h"
#include "stage/instance/health.h"
#include "stage/layer/directory.h"
#include "stage/layer/volume.h"
#include "stage/state/event.h"
#include "stage/watch/oom.h"

enum { GRACE_MS = 10000, FREE_MS = 10000, TICK_US = 10000, UNHEARD_MAX = 1024, AT_ONCE = 200 };

void stops_release(struct stops *stops)
{
	for (size_t i = 0; i < stops->count; i++) {
		instance_release(&stops->items[i].instance);
		run_release(&stops->items[i].run);
		free(stops->items[i].unheard);
	}
	array_release(stops);
}

/* ---- taking down ---- */

/* Of a start that was killed before it could note it: who writes his number there. true: now he is known. */
static bool find_conmon(const char *directory, struct container_note *note)
{
	_cleanup_(freep) char *path = path_join(directory, "conmon");
	_cleanup_(text_release) struct text text = TEXT_INIT, words = TEXT_INIT;
	char words_path[48];
	long pid;

	if (note->conmon.pid > 0 || !path || io_read_file(AT_FDCWD, path, 32, &text, NULL) < 0)
		return false;
	pid = strtol(text.bytes, NULL, 10);
	snprintf(words_path, sizeof(words_path), "/proc/%ld/cmdline", pid);
	/* its words are parted by zeros; the container's name is one of them */
	if (pid <= 0 || io_read_file(AT_FDCWD, words_path, 1 << 16, &words, NULL) < 0 ||
	    !memmem(words.bytes, words.size, note->name, strlen(note->name) + 1))
		return false;
	process_of(pid, &note->conmon);
	return true;
}

/*
 * Its mounts end with conmon's last process, a moment after. The conmon of a start that was killed may be one that
 * has yet to say who it is, and to make what is to be ended.
 */
static int wait_until_free(struct state *state, const struct instance *instance, const char *directory,
			   struct container_note *note, struct error *err)
{
	_cleanup_(freep) char *path = state_path(state, "app/%s/%s/layer", instance->app, instance->name);
	_cleanup_(closep) int fd = path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (!path)
		return error_oom(err);
	for (int waited = 0; fd >= 0 && waited < FREE_MS * 1000; waited += TICK_US) {
		int r = flock(fd, LOCK_EX | LOCK_NB) < 0;

		if (r > 0 && find_conmon(directory, note))
			r = container_clear(note, err);
		if (r <= 0)
			return r;
		usleep(TICK_US);
	}
	return fd < 0 ? 0
		      : error_set(err, -EBUSY, "the layer of %s/%s is held by a process that is not of it",
				  instance->app, instance->name);
}

static int forget_layer(struct state *state, const struct instance *instance, struct error *err)
{
	_cleanup_(freep) char *path = state_path(state, "app/%s/%s/layer", instance->app, instance->name);

	if (!path)
		return error_oom(err);
	if (!instance->ephemeral)
		return 0;
	volume_forget(path);
	return directory_remove_at(AT_FDCWD, path, path, err);
}

/* What is worth a line: that it was killed for want of memory, or how it ended by itself. */
static int note_event(struct state *state, const struct instance *instance, const struct run *run,
		      struct error *err)
{
	_cleanup_(text_release) struct text killed = TEXT_INIT;
	char object[160];
	int r = 0;

	instance_object(instance->app, instance->name, object, sizeof(object));
	oom_describe(&killed, 1, run_was_killed(run), instance->spec.memory);
	if (run->said)
		r = event_note(state, object, err, "did not come up: %s", run->said);
	if (r == 0 && run->oom)
		r = event_note(state, object, err, "%s", killed.bytes);
	if (r < 0 || run->said)
		return r;
	if (!instance->wanted)
		return event_note(state, object, err, "stopped");
	return run->seen ? event_note(state, object, err, "ended with status %d", run->status)
			 : event_note(state, object, err, "ended, and nobody saw how");
}

static int note_end(struct state *state, const struct instance *instance, const struct run *run,
		    struct error *err)
{
	char object[160];
	int r = state_begin_lightly(state, err);

	if (r < 0)
		return r;
	instance_object(instance->app, instance->name, object, sizeof(object));
	r = run_note_ended(state, run, err);
	if (r == 0)
		r = note_event(state, instance, run, err);
	if (r == 0)
		r = event_trim(state, object, err);
	if (r == 0)
		return state_commit_lightly(state, err);
	state_rollback_lightly(state);
	return r;
}

static bool is_of_this_boot(const struct run *run)
{
	struct process self;

	process_self(&self);
	return strcmp(run->note.process.boot, self.boot) == 0;
}

/* What lies on disk of it; the kernel's part is gone. */
static int finish(struct state *state, const struct instance *instance, struct run *run,
		  struct error *err)
{
	_cleanup_(freep) char *directory = run_directory(state, run);
	int r;

	if (!directory)
		return error_oom(err);
	if (!run->seen)
		run->seen = container_status(directory, &run->status) > 0;
	/* one that was asked to stop may have been killed by us */
	run->oom |= oom_befell(directory, run->note.cgroup, instance->wanted && run_was_killed(run));
	r = forget_layer(state, instance, err);
	if (r == 0)
		r = note_end(state, instance, run, err);
	if (r == 0)
		run->state = RUN_ENDED;
	return r < 0 ? r : directory_remove_at(AT_FDCWD, directory, directory, err);
}

int instance_take_down(struct state *state, const struct instance *instance, struct run *run,
		       struct error *err)
{
	_cleanup_(freep) char *directory = run_directory(state, run);
	int r = 0;

	if (run->state == RUN_NONE || run->state == RUN_ENDED)
		return 0;
	if (!directory)
		return error_oom(err);
	if (is_of_this_boot(run)) {
		find_conmon(directory, &run->note);
		r = container_clear(&run->note, err);
		if (r == 0)
			r = wait_until_free(state, instance, directory, &run->note, err);
		if (r == 0)
			r = guarded_settle(state, instance, run, err);
	}
	return r < 0 ? r : finish(state, instance, run, err);
}

int instance_settle(struct state *state, const char *app, const char *name, struct error *err)
{
	_cleanup_(instance_release) struct instance instance = INSTANCE_INIT;
	_cleanup_(run_release) struct run run = RUN_INIT;
	struct process self;
	int r = instance_find(state, app, name, &instance, err);

	if (r > 0)
		r = run_newest(state, app, name, &run, err) < 0 ? -EIO : 1;
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	process_self(&self);
	if (run.state == RUN_UP && instance_is_up(instance_now(state, &instance, &run, &self))) {
		r = instance.ready ? 0 : instance_mark_ready(state, app, name, err);
		return r < 0 ? r : 1;
	}
	r = instance_take_down(state, &instance, &run, err);
	if (r < 0 || instance.ready)
		return r;
	r = instance_remove(state, app, name, err);
	return r < 0 ? r : -ENOENT;
}

/* ---- stopping, each in a process of its own ---- */

struct outcome {
	int code;
	struct error err;
	char unheard[UNHEARD_MAX];
};

_Static_assert(sizeof(struct outcome) <= PIPE_BUF, "it is written in one piece");

struct stopping {
	struct state *state;
	struct stops *stops;
	uint64_t grace_ms;
};

static int stop_container(const struct stopping *stopping, const struct stop *stop,
			  struct outcome *outcome)
{
	_cleanup_(freep) char *directory = run_directory(stopping->state, &stop->run);
	_cleanup_(freep) char *unheard = NULL;
	const struct spec *spec = &stop->instance.spec;
	uint64_t grace = spec->grace_given ? spec->grace_ms : GRACE_MS;
	struct container *container = NULL;
	int status, r;

	if (stopping->grace_ms != INSTANCE_GRACE)
		grace = stopping->grace_ms;
	if (!directory)
		return error_oom(&outcome->err);
	r = container_attach(&stop->run.note, directory, &container, &outcome->err);
	if (r < 0)
		return r;
	r = container_stop(container, grace, &status, &unheard, &outcome->err);
	container_leave(container);
	if (r == 0)
		snprintf(outcome->unheard, sizeof(outcome->unheard), "%s", unheard ? unheard : "");
	return r < 0 ? r : container_clear(&stop->run.note, &outcome->err);
}

static void work(void *data, size_t i, int tell)
{
	const struct stopping *stopping = data;
	struct outcome outcome = {.code = 0};

	outcome.code = stop_container(stopping, &stopping->stops->items[i], &outcome);
	(void)!write(tell, &outcome, sizeof(outcome));
}

static int hear(void *data, size_t i, const void *message)
{
	const struct stopping *stopping = data;
	struct stop *stop = &stopping->stops->items[i];
	const struct outcome *outcome = message;

	if (!outcome)
		return 0;
	stop->code = outcome->code;
	stop->err = outcome->err;
	if (*outcome->unheard)
		stop->unheard = strdup(outcome->unheard);
	return 0;
}

/* Whoever waits to start it again has nothing to wait for. */
static void dismiss(const struct process *waiter)
{
	_cleanup_(closep) int pidfd = waiter->pid > 0 ? process_open(waiter) : -1;

	if (pidfd >= 0)
		syscall(SYS_pidfd_send_signal, pidfd, SIGTERM, NULL, 0);
}

/* Nobody could tell when it is down. */
static void note_full(struct state *state, const struct instance *instance, const struct run *run)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	char object[160];

	if (!health_layer_is_full(run))
		return;
	instance_object(instance->app, instance->name, object, sizeof(object));
	health_say_full(instance->spec.layer_size, &text);
	event_note(state, object, NULL, "%s", text.bytes);
}

/* What is up comes to the front: how many that are. */
static size_t sort_out(struct state *state, struct stops *stops)
{
	struct process self;
	size_t up = 0;

	process_self(&self);
	for (size_t i = 0; i < stops->count; i++) {
		struct stop *stop = &stops->items[i];
		struct stop swapped = stops->items[up];

		dismiss(&stop->run.waiter);
		if (stop->run.state != RUN_UP ||
		    !instance_is_up(instance_now(state, &stop->instance, &stop->run, &self)))
			continue;
		note_full(state, &stop->instance, &stop->run);
		stops->items[up++] = *stop;
		*stop = swapped;
	}
	return up;
}

int instance_stop(struct state *state, struct stops *stops, uint64_t grace_ms, struct error *err)
{
	struct stopping stopping = {state, stops, grace_ms};
	const struct crew crew = {
		.count = sort_out(state, stops),
		.at_once = AT_ONCE,
		.message_size = sizeof(struct outcome),
		.work = work,
		.hear = hear,
		.data = &stopping,
	};
	int r;

	for (size_t i = 0; i < crew.count; i++)
		stops->items[i].code =
			error_set(&stops->items[i].err, -ECHILD, "what was to stop it was killed");
	r = crew_run(&crew, err);
	for (size_t i = 0; r == 0 && i < stops->count; i++) {
		struct stop *stop = &stops->items[i];

		if (stop->code == 0)
			stop->code = instance_take_down(state, &stop->instance, &stop->run, &stop->err);
		if (stop->code < 0)
			error_prefix(&stop->err, stop->code, "%s/%s", stop->instance.app,
				     stop->instance.name);
	}
	return r;
}
