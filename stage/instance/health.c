// SPDX-License-Identifier: BSD-2-Clause
#include "stage/instance/health.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "db/base/cleanup.h"
#include "db/base/size.h"
#include "stage/container/keep.h"
#include "stage/instance/guarded.h"
#include "stage/layer/package.h"
#include "stage/layer/volume.h"
#include "stage/mount/work.h"
#include "stage/watch/health.h"

enum { ANSWER_MS = 10000 };

static bool layer_is_full(const struct run *run)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/proc/%" PRId64 "/root%s", run->note.conmon.pid, work_path("/layer"));
	return !volume_has_room(path);
}

bool health_layer_is_full(const struct run *run)
{
	return run->state == RUN_UP && process_is_alive(&run->note.conmon) && layer_is_full(run);
}

void health_say_full(uint64_t layer_size, struct text *text)
{
	const char *unit;
	uint64_t size = size_in_units(layer_size, &unit);

	text_add(text, "its layer is full");
	if (size)
		text_printf(text, " (%" PRIu64 " %sB)", size, unit);
}

/* That conmon lives has just been looked at. What has no size is looked at where it lies: half the way. */
static bool running_is_full(struct state *state, const struct look *look)
{
	_cleanup_(freep) char *path = NULL;

	if (look->instance.spec.layer_size)
		return layer_is_full(&look->run);
	path = state_path(state, "app/%s/%s/layer", look->instance.app, look->instance.name);
	return path && !volume_has_room(path);
}

int health_look(struct state *state, const struct look *look, struct text *problem, struct error *err)
{
	int r = guarded_problem(state, look, problem, err);

	if (r == 0 && !problem->size && look->now == NOW_RUNNING && running_is_full(state, look))
		health_say_full(look->instance.spec.layer_size, problem);
	if (r == 0 && !problem->size && instance_is_up(look->now) && look->run.note.network.pid > 0 &&
	    !process_is_alive(&look->run.note.network))
		text_add(problem, "who forwards for its network was killed; a restart mends it");
	return r;
}

/* For the command of --health, on the host. */
static void tell_command(const struct look *look)
{
	char number[24];

	snprintf(number, sizeof(number), "%" PRId64, look->run.note.process.pid);
	setenv("SFC_APP", look->instance.app, 1);
	setenv("SFC_INSTANCE", look->instance.name, 1);
	setenv("SFC_PID", number, 1);
}

static int ask(struct state *state, const struct look *look, struct text *problem, struct error *err)
{
	_cleanup_(freep) char *directory = run_directory(state, &look->run);
	struct container *container = NULL;
	struct error answer = ERROR_INIT;
	int r = directory ? container_attach(&look->run.note, directory, &container, err) : error_oom(err);

	if (r < 0)
		return r;
	tell_command(look);
	r = health_ask(container, look->instance.spec.health, ANSWER_MS, &answer);
	container_leave(container);
	if (r < 0)
		text_add_plain(problem, answer.message);
	return 0;
}

int health_of(struct state *state, const struct look *look, struct text *problem, struct error *err)
{
	if (look->ill)
		text_add(problem, look->ill);
	if (look->ill || !look->instance.spec.health || !instance_is_up(look->now))
		return text_failed(problem) ? error_oom(err) : 0;
	return ask(state, look, problem, err);
}

bool health_is_good(const struct look *look, const struct text *problem)
{
	if (look->now == NOW_SLEEPING)
		return !problem->size;
	if (look->now == NOW_STOPPED)
		return !look->instance.wanted;
	return look->now == NOW_RUNNING && !problem->size;
}
