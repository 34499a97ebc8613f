// SPDX-License-Identifier: BSD-2-Clause
#include "stage/instance/ended.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "stage/instance/health.h"
#include "stage/instance/restarts.h"
#include "stage/instance/start.h"
#include "stage/instance/stop.h"
#include "stage/layer/package.h"
#include "stage/layer/volume.h"
#include "stage/mount/namespace.h"
#include "stage/mount/own.h"
#include "stage/mount/user.h"
#include "stage/mount/work.h"
#include "stage/state/claim.h"
#include "stage/state/event.h"
#include "stage/state/state.h"

enum { CONMON_MS = 10000, PAUSE_FIRST_MS = 100, PAUSE_LAST_MS = 60000, RUNS_MAX = 12 };
/* Who lived as long as that has not ended soon after. */
#define LONG_NS INT64_C(10000000000)

/* ---- the pause ---- */

static int count_short(const struct run *run, void *data)
{
	int *count = data;

	if (run->ended_ns - run->begun_ns >= LONG_NS)
		return 1;
	++*count;
	return 0;
}

static int64_t pause_ms(struct state *state, const char *app, const char *name)
{
	int64_t pause = PAUSE_FIRST_MS;
	int count = 0;

	run_each(state, app, name, RUNS_MAX, count_short, &count, NULL);
	for (; count > 1 && pause < PAUSE_LAST_MS; count--)
		pause *= 2;
	return pause < PAUSE_LAST_MS ? pause : PAUSE_LAST_MS;
}

static void sleep_ms(int64_t ms)
{
	const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	nanosleep(&pause, NULL);
}

/* ---- noting it, and starting again ---- */

struct affair {
	struct state *state;
	char *app, *name;
	int64_t run;
	bool full; /* its layer was, when it ended */
};

static int claim_it(const struct affair *affair, struct claim *claim, struct error *err)
{
	char object[160];

	instance_object(affair->app, affair->name, object, sizeof(object));
	return claim_take(affair->state, object, claim, err);
}

/* 1 its newest run is ours, and wanted up still; 0 others have seen to it. */
static int still_ours(const struct affair *affair, struct instance *instance, struct run *run,
		struct error *err)
{
	int r = instance_find(affair->state, affair->app, affair->name, instance, err);

	if (r > 0)
		r = run_newest(affair->state, affair->app, affair->name, run, err);
	return r > 0 ? run->id == affair->run && instance->wanted : r;
}

static void note_full(const struct affair *affair, const struct instance *instance)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	char object[160];

	instance_object(affair->app, affair->name, object, sizeof(object));
	health_say_full(instance->spec.layer_size, &text);
	event_note(affair->state, object, NULL, "%s", text.bytes);
}

/* 1 it is to start again, after *ret_pause_ms. */
static int note(const struct affair *affair, int64_t *ret_pause_ms, struct error *err)
{
	_cleanup_(instance_release) struct instance instance = INSTANCE_INIT;
	_cleanup_(run_release) struct run run = RUN_INIT;
	_cleanup_(claim_release) struct claim claim = CLAIM_INIT;
	struct process self;
	int r = still_ours(affair, &instance, &run, err);

	/* a stop that is under way notes it itself */
	if (r > 0)
		r = claim_it(affair, &claim, err);
	if (r < 0 || !claim.state)
		return r;
	instance_release(&instance);
	run_release(&run);
	r = still_ours(affair, &instance, &run, err);
	process_self(&self);
	if (r <= 0 || (run.state == RUN_ENDED && run.said) ||
	    instance_is_up(instance_now(affair->state, &instance, &run, &self)))
		return r < 0 ? r : 0;
	if (affair->full)
		note_full(affair, &instance);
	r = instance_take_down(affair->state, &instance, &run, err);
	if (r < 0 || !instance_restarts(&instance, &run))
		return r;
	*ret_pause_ms = pause_ms(affair->state, affair->app, affair->name);
	r = run_note_waiter(affair->state, run.id, err);
	return r < 0 ? r : 1;
}

/* 1 it did not come up, and is to be tried again. */
static int start_again(struct affair *affair, int64_t *ret_pause_ms, struct error *err)
{
	_cleanup_(claim_release) struct claim claim = CLAIM_INIT;
	_cleanup_(run_release) struct run run = RUN_INIT;
	_cleanup_(starts_release) struct starts starts = STARTS_INIT;
	struct start start = START_INIT;
	int r = claim_it(affair, &claim, err);

	if (r == 0)
		r = still_ours(affair, &start.instance, &run, err);
	start.restarts = run.restarts + 1;
	if (r <= 0 || array_push(&starts, start) < 0) {
		instance_release(&start.instance);
		return r;
	}
	r = instance_start(affair->state, &starts, err);
	if (r < 0 || starts.items[0].code == 0)
		return r;
	/* it was refused before it began: nobody would know why it is down */
	if (starts.items[0].run.state == RUN_NONE)
		return error_set(err, starts.items[0].code, "%s", starts.items[0].err.message);
	affair->run = starts.items[0].run.id;
	if (!instance_restarts(&starts.items[0].instance, &starts.items[0].run))
		return 0;
	*ret_pause_ms = pause_ms(affair->state, affair->app, affair->name);
	r = run_note_waiter(affair->state, affair->run, err);
	return r < 0 ? r : 1;
}

static int see_to_it(struct affair *affair, struct error *err)
{
	int64_t pause = 0;
	int r = note(affair, &pause, err);

	while (r > 0) {
		sleep_ms(pause);
		r = start_again(affair, &pause, err);
	}
	return r;
}

static int follow(const char *state_directory, int64_t id, bool full, struct error *err)
{
	_cleanup_(state_closep) struct state *state = NULL;
	_cleanup_(run_release) struct run run = RUN_INIT;
	_cleanup_(freep) char *app = NULL, *name = NULL;
	struct error said = ERROR_INIT;
	char object[160];
	int r = state_open(state_directory, &state, err);

	if (r == 0)
		r = run_find(state, id, &run, &app, &name, err);
	if (r <= 0)
		return r;
	struct affair affair = {state, app, name, id, full};
	r = see_to_it(&affair, &said);
	if (r < 0) {
		instance_object(app, name, object, sizeof(object));
		event_note(state, object, NULL, "its end could not be seen to: %s", said.message);
		return error_set(err, r, "%s", said.message);
	}
	return 0;
}

/*
 * Its mounts end with the last process in their namespace, which is to be conmon. A user cannot get to where the
 * machine was booted: he has what was not let go there (put_up.c), without the instance.
 */
static void leave_mounts(void)
{
	if (!user_is_plain())
		namespace_enter_first();
	else if (own_mounts_begin(NULL) == 0)
		umount2(work_path(""), MNT_DETACH | UMOUNT_NOFOLLOW);
}

int instance_ended(const char *state_directory, int64_t run, struct error *err)
{
	_cleanup_(closep) int conmon = (int)syscall(SYS_pidfd_open, getppid(), 0);
	struct pollfd ended = {.fd = conmon, .events = POLLIN};
	bool full;
	pid_t pid;

	work_is_in(state_directory);
	/* where its layer is in conmon's namespace */
	full = !volume_has_room(work_path("/layer"));
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return error_errno(err, "cannot fork");
	if (pid > 0)
		return user_stays(state_directory, pid, err);
	setsid();
	/* systemd kills what is left in its unit when conmon has ended */
	cgroup_leave(getpid());
	leave_mounts();
	if (conmon >= 0)
		poll(&ended, 1, CONMON_MS);
	_exit(follow(state_directory, run, full, err) < 0);
}

int instance_befell(const char *state_directory, int64_t id, const char *what, struct error *err)
{
	_cleanup_(state_closep) struct state *state = NULL;
	_cleanup_(run_release) struct run run = RUN_INIT;
	_cleanup_(freep) char *app = NULL, *name = NULL;
	char object[160];
	int r = state_open(state_directory, &state, err);

	if (r == 0)
		r = run_find(state, id, &run, &app, &name, err);
	if (r <= 0)
		return r;
	instance_object(app, name, object, sizeof(object));
	return event_note(state, object, err, "%s", what);
}
