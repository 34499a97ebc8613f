// SPDX-License-Identifier: BSD-2-Clause
#include "stage/instance/put_up.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/path.h"
#include "db/base/program.h"
#include "stage/container/cgroup.h"
#include "stage/container/container.h"
#include "stage/container/spawn.h"
#include "stage/layer/package.h"
#include "stage/mount/namespace.h"
#include "stage/mount/own.h"
#include "stage/mount/user.h"
#include "stage/mount/work.h"
#include "stage/store/store.h"

enum { LOG_SIZE = 16 << 20 };

/* What comes back through the pipe. */
struct outcome {
	int code;
	struct container_note note;
	struct guard guard;
	struct error err;
};

_Static_assert(sizeof(struct outcome) <= PIPE_BUF, "it is written in one piece");

/* ---- inside: in the namespace that ends with conmon ---- */

static int add_mount(spec_strings *mounts, const char *path)
{
	_cleanup_(freep) char *real = path && *path == '/' ? realpath(path, NULL) : NULL;

	return real ? spec_strings_add(mounts, real) : 0;
}

/*
 * Those that stay in the namespace: its own, and what is called at its end. A user's starts again from there, where
 * all has to be that it was asked with; /run is no disk that anybody would miss.
 */
static int list_mounts(const struct put_up *job, const char *self, spec_strings *mounts, struct error *err)
{
	const struct spec *spec = job->spec;
	const char *const theirs[] = {spec->network == NETWORK_PATH ? spec->network_name : NULL, spec->seccomp,
				      spec->runtime, job->guard_source, "/run"};
	int r = spec_strings_add(mounts, work_path(""));

	if (r == 0)
		r = spec_strings_add(mounts, job->state);
	if (r == 0)
		r = spec_strings_add(mounts, self);
	for (size_t i = 0; user_is_plain() && r == 0 && i < sizeof(theirs) / sizeof(*theirs); i++)
		r = add_mount(mounts, theirs[i]);
	for (size_t i = 0; user_is_plain() && r == 0 && i < spec->volumes.count; i++)
		r = add_mount(mounts, spec->volumes.items[i].source);
	if (r == 0)
		r = array_push(mounts, NULL);
	if (r < 0)
		return error_oom(err);
	mounts->count--; /* the NULL at their end is none of them */
	return 0;
}

static struct spec without_ports(const struct spec *spec)
{
	struct spec copy = *spec;

	copy.network = NETWORK_PRIVATE;
	memset(&copy.ports, 0, sizeof(copy.ports));
	return copy;
}

static int run_container(const struct put_up *job, const struct layer_package *package,
			 struct container **ret_container, struct container_note *ret_note, struct error *err)
{
	_cleanup_(freep) char *cache = path_join(job->state, "cache"), *log = path_join(job->directory, "log");
	_cleanup_(container_releasep) struct container *container = NULL;
	char self[PATH_MAX], row[24];
	const char *const ended[] = {self, "prod", "_ended", job->state, row, NULL};
	_cleanup_(spec_strings_release) spec_strings mounts = ARRAY_INIT;
	const struct container_keep keep = {
		.directory = job->conmon,
		.log = log,
		.log_size = LOG_SIZE,
		.ended = ended,
		.lock = package->lock,
		.unit = job->unit,
	};
	/* where they are held by another, who forwards them once it is ready */
	const struct spec held = without_ports(job->spec);
	const struct container_request request = {
		.spec = job->spec->on_demand ? &held : job->spec,
		.defaults = package->start.given ? &package->start.defaults : NULL,
		.root = work_path("/root"),
		.name = job->container,
		.work = work_path("/container"),
		.cache = cache,
		.set_id = job->set_id,
		.input = -1,
		.output = -1,
		.errors = -1,
		.keep = &keep,
		.network = job->network,
		.restore = job->restore,
	};
	int r = program_own_path(self, err);

	if (!cache || !log)
		return error_oom(err);
	if (r == 0)
		r = list_mounts(job, self, &mounts, err);
	snprintf(row, sizeof(row), "%" PRId64, job->run);
	if (r == 0 && mkdir(cache, 0700) < 0 && errno != EEXIST)
		r = error_errno(err, "cannot make '%s'", cache);
	if (r == 0)
		r = container_prepare(&request, &container, err);
	if (r == 0)
		r = namespace_trim((const char *const *)mounts.items, err);
	if (r == 0)
		r = container_start(container, err);
	/* one that nobody would find again is none */
	if (r == 0)
		r = container_describe(container, ret_note, err);
	if (r == 0)
		*ret_container = take(container);
	return r;
}

/* Outside of the namespace that ends with conmon, for it outlives none of what is put up there. */
static int begin_guard(const struct put_up *job, struct store *store, struct guard *ret_guard, int *ret_layer,
		       struct error *err)
{
	_cleanup_(closep) int mount = -1;
	char label[160];
	struct guard_request request = {.tree = job->heals, .manifest = job->guarded, .label = label};
	int r = store_mount(store, job->package, &mount, err);

	snprintf(label, sizeof(label), "%s/%s", job->app, job->name);
	request.package = mount;
	if (r == 0)
		r = guard_begin(&request, ret_guard, ret_layer, err);
	if (r == 0)
		cgroup_leave((pid_t)ret_guard->daemon.pid);
	return r;
}

static int go_up(const struct put_up *job, struct container **ret_container, struct outcome *outcome,
		 struct error *err)
{
	_cleanup_(layer_package_release) struct layer_package package = LAYER_PACKAGE_INIT;
	_cleanup_(freep) char *layer = path_join(job->directory, "layer");
	_cleanup_(store_closep) struct store *store = NULL;
	_cleanup_(closep) int mount = -1, guard = -1;
	char shown[DIGEST_HEX_SIZE + 8];
	struct layer_parts parts = {.name = shown, .layer = layer, .size = job->spec->layer_size};
	int r = layer ? store_open(job->state, &store, err) : error_oom(err);

	snprintf(shown, sizeof(shown), "sha256:%.12s", job->package);
	if (r == 0)
		r = store_mount(store, job->package, &mount, err);
	if (r == 0 && job->guarded)
		r = begin_guard(job, store, &outcome->guard, &guard, err);
	if (r == 0)
		r = own_mounts_begin(err);
	parts.mount = mount;
	parts.guard = guard;
	if (r == 0)
		r = layer_parts_mount(&parts, &package, err);
	if (r == 0 && !package.start.given && !job->spec->args.count)
		r = error_set(err, -EINVAL, "a bare image has no start configuration; give a command "
					    "behind --");
	return r < 0 ? r : run_container(job, &package, ret_container, &outcome->note, err);
}

/* For who looks later. By a program of its own: no connection to a database outlives a fork(). */
static void note_mended(void *data, const char *what)
{
	const struct put_up *job = data;
	char self[PATH_MAX], row[24];
	const char *const argv[] = {self, "prod", "_ended", job->state, row, what, NULL};
	const int fds[] = {-1, -1, -1};
	pid_t pid;

	snprintf(row, sizeof(row), "%" PRId64, job->run);
	if (program_own_path(self, NULL) == 0 && spawn(self, argv, NULL, fds, 3, &pid, NULL) == 0)
		spawn_wait(pid);
}

/* Forwarding for it is all that we do from now on: for nobody's terminal, and whoever started us may end. */
static _Noreturn void serve(const struct put_up *job, struct container *container)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	prctl(PR_SET_NAME, "sfc ports");
	setsid();
	for (int i = 0; i < 3; i++)
		dup2(null, i);
	container_serve(container, note_mended, (void *)job);
	_exit(0);
}

/* Who outlives this command is where a user's other commands go. */
static int note_stays(const char *state, struct outcome *outcome)
{
	const pid_t stay[] = {(pid_t)outcome->note.conmon.pid, (pid_t)outcome->note.network.pid,
			      (pid_t)outcome->guard.daemon.pid};
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(stay) / sizeof(*stay); i++)
		r = stay[i] > 0 ? user_stays(state, stay[i], &outcome->err) : 0;
	return r;
}

static _Noreturn void inside(const struct put_up *job, int tell)
{
	struct container *container = NULL;
	struct outcome outcome = {.err = ERROR_INIT};

	signal(SIGPIPE, SIG_IGN);
	/* nothing that our caller left open is for conmon, which stays */
	close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
	outcome.code = go_up(job, &container, &outcome, &outcome.err);
	if (outcome.code == 0)
		outcome.code = note_stays(job->state, &outcome);
	if (outcome.code < 0)
		container_releasep(&container);
	(void)!write(tell, &outcome, sizeof(outcome));
	if (outcome.code < 0 || !container_is_served(container))
		_exit(0);
	/* who waits may end as soon as this is closed */
	prctl(PR_SET_PDEATHSIG, 0);
	close(tell);
	serve(job, container);
}

/* ---- outside ---- */

int put_up(const struct put_up *job, struct container_note *ret_note, struct guard *ret_guard,
	   struct error *err)
{
	struct outcome outcome = {.code = -ECHILD};
	pid_t parent = getpid(), pid;
	char letting_go;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_errno(err, "cannot make a pipe");
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
		close(ends[0]);
		inside(job, ends[1]);
	}
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return error_errno(err, "cannot fork");
	}
	if (io_read(ends[0], &outcome, sizeof(outcome)) != sizeof(outcome))
		outcome.code = error_set(&outcome.err, -ECHILD, "what was to put it up was killed");
	/* who forwards for it stays, once it no longer ends with us */
	if (outcome.code == 0 && outcome.note.network.pid)
		(void)!read(ends[0], &letting_go, 1);
	close(ends[0]);
	if (outcome.code < 0 || outcome.note.network.pid == 0)
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	*ret_guard = outcome.guard;
	if (outcome.code < 0)
		return error_set(err, outcome.code, "%s", outcome.err.message);
	*ret_note = outcome.note;
	return 0;
}
