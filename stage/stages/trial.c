// SPDX-License-Identifier: BSD-2-Clause
#include "stage/stages/trial.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/clock.h"
#include "db/base/path.h"
#include "pack/source/which.h"
#include "stage/container/cgroup.h"
#include "stage/container/terminal.h"
#include "stage/layer/package.h"
#include "stage/mount/namespace.h"
#include "stage/mount/work.h"
#include "stage/stages/doubt.h"
#include "stage/stages/logs.h"
#include "stage/stages/running.h"
#include "stage/stages/tracepack.h"

bool trial_is_server(const struct spec *spec, const struct image_config *image)
{
	_cleanup_(asking_release) struct asking asking;

	return asking_open(spec, image, &asking, NULL) == 0 && asking_is_server(&asking);
}

/* --- inside --- */

static const char *program_of(const struct spec *spec, const struct start_defaults *defaults)
{
	if (spec->args.count)
		return path_name(spec->args.items[0]);
	return defaults && defaults->args && defaults->args[0] ? path_name(defaults->args[0]) : "it";
}

static int start(struct running *running, const struct trial_ground *ground, struct error *err)
{
	const struct trial_request *request = running->request;
	const int *captured = running->trial->captured;
	const struct container_request wanted = {
		.spec = request->spec,
		.defaults = ground->defaults,
		.root = ground->root,
		.look = ground->look,
		.name = request->name,
		.work = work_path("/container"),
		.cache = request->cache,
		.learned = request->learning ? &running->trial->learned : NULL,
		.traced = ground->traced,
		.set_id = ground->set_id,
		.init = true,
		.daemons = asking_is_server(&running->asking) || request->is_up,
		.input = request->input,
		.output = request->through ? STDOUT_FILENO : captured[CAPTURED_OUTPUT],
		.errors = request->through ? STDERR_FILENO : captured[CAPTURED_ERRORS],
	};
	struct trial *trial = running->trial;
	const char *home;
	int r = container_prepare(&wanted, &running->container, err);

	if (r == -ENOENT || r == -EACCES) {
		trial->status = r == -ENOENT ? 127 : 126;
		trial->outcome = TRIAL_NOT_STARTED;
		return r;
	}
	if (r < 0)
		return r;
	container_identity(running->container, &trial->uid, &trial->gid, &home);
	snprintf(trial->home, sizeof(trial->home), "%s", home);
	if (request->doubting)
		r = doubt_probes(running, wanted.look ? wanted.look : ground->root, err);
	if (r < 0)
		return r;
	running->began_ms = clock_steady_ms();
	running->trial->at.started_ns = clock_wall_ns();
	r = container_start(running->container, err);
	if (r == 0 && request->spec->terminal)
		terminal_make_raw();
	if (r == -EIO) {
		trial->status = 126;
		trial->outcome = TRIAL_NOT_STARTED;
		return error_prefix(err, r, "cannot execute '%s'", running->program);
	}
	return r;
}

static int run_on(struct running *running, const struct trial_ground *ground, struct error *err)
{
	int r;

	running->program = program_of(running->spec, ground->defaults);
	running->root = ground->root;
	running->signals = running_signals_open(err);
	if (running->signals < 0)
		return running->signals;
	r = asking_check_ports(&running->asking, err);
	if (r == 0)
		r = start(running, ground, err);
	if (r == 0)
		r = running->request->is_up               ? running_serve_on(running, err)
		    : asking_is_server(&running->asking) ? running_serve(running, err)
						     : running_to_end(running, err);
	running->trial->seconds = running_seconds((uint64_t)(clock_steady_ms() - running->began_ms));
	/* an interrupt of all of us ends the runtime too, which may be noticed first: it is no verdict */
	if (!running->request->is_up && running->trial->outcome != TRIAL_INTERRUPTED && running->container &&
	    running_is_to_stop(running)) {
		running->trial->status = 128 + running->interrupted;
		r = running_outcome(running, TRIAL_INTERRUPTED, "%s was told to end", running->program);
	}
	container_release(running->container);
	running->container = NULL;
	closep(&running->signals);
	return r;
}

static int inside(void *data)
{
	struct running *running = data;
	const struct trial_request *request = running->request;
	struct trial *trial = running->trial;
	struct trial_ground ground = {.root = NULL};
	struct error ignored = ERROR_INIT;
	int r, down = 0;

	signal(SIGPIPE, SIG_IGN);
	r = request->put_up(request->data, &ground, &trial->err);
	if (r == 0) {
		r = run_on(running, &ground, &trial->err);
		if (r == 0 && trial->outcome == TRIAL_FAILED)
			logs_keep(ground.root, trial->at.started_ns, trial->captured[CAPTURED_LOGS]);
		if (request->take_down)
			down = request->take_down(request->data, r < 0 ? &ignored : &trial->err);
	}
	if (r < 0 ? trial->outcome != TRIAL_NOT_STARTED : down < 0)
		trial->outcome = TRIAL_BROKEN;
	return 0;
}

/* --- outside --- */

static int trial_new(struct trial **ret_trial, struct error *err)
{
	struct trial *trial = mmap(NULL, sizeof(*trial), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
				   -1, 0);

	if (trial == MAP_FAILED)
		return error_oom(err);
	trial->outcome = TRIAL_BROKEN;
	for (int i = 0; i < CAPTURED; i++)
		trial->captured[i] = -1;
	*ret_trial = trial;
	for (int i = 0; i < CAPTURED; i++) {
		trial->captured[i] = memfd_create("captured", MFD_CLOEXEC);
		if (trial->captured[i] < 0)
			return error_errno(err, "cannot keep its output");
	}
	return 0;
}

int trial_run(const struct trial_request *request, struct trial **ret_trial, struct error *err)
{
	_cleanup_(trial_freep) struct trial *trial = NULL;
	struct running running = {.request = request, .spec = request->spec, .signals = -1};
	int status, r = trial_new(&trial, err);

	if (r < 0)
		return r;
	running.trial = trial;
	cgroup_settle(false);
	r = cgroup_begin(request->spec, err);
	if (r >= 0)
		r = asking_open(request->spec, request->image, &running.asking, err);
	if (r == 0)
		r = namespace_run(NAMESPACE_PROCESSES, inside, &running, &status, err);
	asking_release(&running.asking);
	if (r < 0)
		return r;
	if (status) {
		cgroup_forget(request->name);
		trial->outcome = TRIAL_BROKEN;
		error_set(&trial->err, -ECHILD, "what ran it was killed");
	}
	*ret_trial = take(trial);
	return 0;
}

int trial_open_input(const struct spec *spec, bool through, int *ret_input, struct error *err)
{
	int input = -1;

	if (spec->input ? strcmp(spec->input, "-") == 0 : through)
		input = dup(STDIN_FILENO);
	else if (spec->input)
		input = open(spec->input, O_RDONLY | O_CLOEXEC);
	if (input < 0 && (spec->input || through))
		return error_errno(err, "cannot read the input '%s'", spec->input ? spec->input : "-");
	*ret_input = input;
	return 0;
}

int trial_describe(const struct trial *trial, const struct spec *spec, const struct start_defaults *defaults,
		   const char *manifest, struct error *err)
{
	static char path[] = "PATH=" WHICH_PATH_DEFAULT, *plain[] = {path, NULL};
	struct tracepack_start start = {
		.cwd = spec->cwd ? spec->cwd : defaults && defaults->cwd ? defaults->cwd : "/",
		.home = trial->home,
		.uid = trial->uid,
		.gid = trial->gid,
		.args = defaults ? defaults->args : NULL,
		.asked = &spec->env,
	};
	spec_strings env = ARRAY_INIT, args = ARRAY_INIT; /* borrowed */
	int r = 0;

	for (char *const *item = defaults ? defaults->env : plain; r == 0 && *item; item++)
		r = array_push(&env, *item);
	for (size_t i = 0; r == 0 && i < spec->args.count; i++)
		r = array_push(&args, spec->args.items[i]);
	if (r == 0 && spec->args.count) {
		r = array_push(&args, NULL);
		start.args = args.items;
	}
	start.env = &env;
	r = r < 0 ? error_oom(err) : tracepack_describe(manifest, &start, err);
	array_release(&env);
	array_release(&args);
	return r;
}

void trial_free(struct trial *trial)
{
	if (!trial)
		return;
	for (int i = 0; i < CAPTURED; i++)
		closep(&trial->captured[i]);
	munmap(trial, sizeof(*trial));
}

void trial_freep(struct trial **trial)
{
	trial_free(*trial);
}
