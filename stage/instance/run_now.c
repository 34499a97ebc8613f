// SPDX-License-Identifier: BSD-2-Clause
/* What the newest run says of its instance now. */
#include <signal.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "stage/instance/run.h"
#include "stage/watch/oom.h"

const char *instance_now_name(enum instance_now now)
{
	static const char *const names[] = {"stopped",	  "starting", "running", "unwatched",
					    "restarting", "exited",   "failed",	 "lost",
					    "sleeping"};

	return names[now];
}

bool instance_is_up(enum instance_now now)
{
	return now == NOW_STARTING || now == NOW_RUNNING || now == NOW_UNWATCHED;
}

bool run_was_killed(const struct run *run)
{
	return run->seen && run->status == 128 + SIGKILL;
}

/* Before anybody has noted it: what conmon wrote, and why. */
static void look_at_end(const struct state *state, struct run *run)
{
	_cleanup_(freep) char *directory = run_directory(state, run);

	if (!directory)
		return;
	run->seen = container_status(directory, &run->status) > 0;
	run->oom = oom_befell(directory, run->note.cgroup, run_was_killed(run));
}

static enum instance_now after_end(const struct instance *instance, const struct run *run,
				   const struct process *self)
{
	if (!instance->wanted)
		return NOW_STOPPED;
	if (instance->spec.on_demand && !run->said)
		return NOW_SLEEPING;
	if (run->waiter.pid > 0 && process_is_alive_here(&run->waiter, self))
		return NOW_RESTARTING;
	if (!run->seen)
		return NOW_LOST;
	return run->status == 0 ? NOW_EXITED : NOW_FAILED;
}

enum instance_now instance_now(const struct state *state, const struct instance *instance,
			       struct run *run, const struct process *self)
{
	int64_t parent = run->state == RUN_UP ? process_parent_here(&run->note.process, self) : -1;

	if (run->state == RUN_NONE)
		return instance->spec.on_demand && instance->wanted ? NOW_SLEEPING : NOW_STOPPED;
	if (run->state == RUN_ENDED)
		return after_end(instance, run, self);
	if (run->state == RUN_MAKING)
		return strcmp(run->note.process.boot, self->boot) == 0 ? NOW_STARTING : NOW_LOST;
	if (parent >= 0) {
		/* whose child lives, lives, and nobody else has its number */
		bool watched = (parent > 0 && parent == run->note.conmon.pid) ||
			       process_is_alive_here(&run->note.conmon, self);
		_cleanup_(freep) char *directory = run_directory(state, run);

		run->oom = directory && container_was_short(directory);
		return watched ? NOW_RUNNING : NOW_UNWATCHED;
	}
	look_at_end(state, run);
	/* it is about to be said */
	if (!run->seen && process_is_alive_here(&run->note.conmon, self))
		return NOW_RUNNING;
	return after_end(instance, run, self);
}
