// SPDX-License-Identifier: BSD-2-Clause
/* sfc run: a package in the foreground, with a writable layer above it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/clock.h"
#include "db/base/log.h"
#include "pack/package/start_config.h"
#include "stage/cmd/cmd.h"
#include "stage/container/cgroup.h"
#include "stage/container/container.h"
#include "stage/container/terminal.h"
#include "stage/layer/package.h"
#include "stage/mount/mount.h"
#include "stage/mount/namespace.h"
#include "stage/mount/work.h"
#include "stage/state/place.h"
#include "stage/store/store.h"
#include "stage/watch/ready.h"

enum { GRACE_MS = 10000, READY_MS = 60000 };

struct run {
	const struct sfc_command *command;
	struct asked *asked;
	const char *package;
	char *cache;
	struct store_package taken;
	char container[32]; /* its name */
};

/* --- inside --- */

/* What the signals that reach us mean for it: whether it is to be stopped, and how patiently. */
struct watching {
	struct container *container;
	int signals;
	uint64_t grace_ms;
	bool interrupted;
};

static int signals_open(struct error *err)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGQUIT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGWINCH);
	sigaddset(&set, namespace_orphaned());
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? error_errno(err, "cannot wait for signals") : fd;
}

/* An interrupt is the program's own business; a second one that it does not end by is not. */
static bool is_to_stop(struct watching *watching)
{
	struct signalfd_siginfo info;
	bool stop = false;

	while (read(watching->signals, &info, sizeof(info)) == sizeof(info)) {
		int number = (int)info.ssi_signo;

		if (number == namespace_orphaned())
			watching->grace_ms = 0;
		stop |= number == SIGTERM || number == SIGHUP || number == namespace_orphaned() ||
			(number == SIGINT && watching->interrupted);
		watching->interrupted |= number == SIGINT;
		if (!stop)
			container_signal(watching->container, number);
	}
	return stop;
}

static int stop(const struct watching *watching, int *ret_status, struct error *err)
{
	_cleanup_(freep) char *unheard = NULL;
	int r = container_stop(watching->container, watching->grace_ms, ret_status, &unheard, err);

	if (r == 0 && unheard && watching->grace_ms)
		log_warning("killed after %g s: %s", (double)watching->grace_ms / 1000, unheard);
	return r;
}

static int late(const struct watching *watching, const char *what, uint64_t limit_ms, struct error *err)
{
	int status, r = stop(watching, &status, err);

	return r < 0 ? r : error_set(err, -ETIME, "it %s within %g s", what, (double)limit_ms / 1000);
}

/* 1: it is to stop. */
static int wait_ready(struct watching *watching, const struct spec *spec, struct error *err)
{
	uint64_t limit = spec->timeout_ms ? spec->timeout_ms : READY_MS;
	int64_t deadline = clock_steady_ms() + (int64_t)limit;
	int r;

	do {
		struct pollfd signals = {.fd = watching->signals, .events = POLLIN};

		r = ready_wait(watching->container, spec, &signals, 1, deadline - clock_steady_ms(), err);
		if (r < 0 || !signals.revents)
			return r == -ETIME ? late(watching, "was not ready", limit, err) : r;
	} while (!is_to_stop(watching));
	return 1;
}

static int watch(struct watching *watching, const struct spec *spec, int *ret_status,
		 struct error *err)
{
	struct container *container = watching->container;
	struct pollfd signals = {.fd = watching->signals, .events = POLLIN};
	int64_t limit = spec->timeout_ms && spec->ready == READY_UNSET ? (int64_t)spec->timeout_ms : -1;
	int r = spec->ready == READY_UNSET ? 0 : wait_ready(watching, spec, err);

	if (r > 0)
		return stop(watching, ret_status, err);
	while (r >= 0) {
		r = container_pump(container, &signals, 1, limit, err);
		if (r < 0)
			return r;
		if (container_ended(container))
			return container_wait(container, ret_status, err);
		if (r > 0 && is_to_stop(watching))
			return stop(watching, ret_status, err);
		if (r == 0 && limit >= 0)
			return late(watching, "did not end", spec->timeout_ms, err);
	}
	return r;
}

static int run_container(const struct run *run, const struct layer_package *package, int *ret_status,
			 struct error *err)
{
	const char *const keep[] = {work_path(""), NULL};
	const struct spec *spec = &run->asked->spec;
	_cleanup_(container_releasep) struct container *container = NULL;
	_cleanup_(closep) int signals = -1;
	const struct container_request request = {
		.spec = spec,
		.defaults = package->start.given ? &package->start.defaults : NULL,
		.root = work_path("/root"),
		.name = run->container,
		.work = work_path("/container"),
		.cache = run->cache,
		.set_id = run->taken.set_id,
		.input = STDIN_FILENO,
		.output = STDOUT_FILENO,
		.errors = STDERR_FILENO,
	};
	int r;

	signals = signals_open(err);
	if (signals < 0)
		return signals;
	r = container_prepare(&request, &container, err);
	if (r == 0)
		r = namespace_trim(keep, err);
	if (r == 0)
		r = container_start(container, err);
	if (r < 0)
		return r;
	if (spec->terminal)
		terminal_make_raw();
	struct watching watching = {
		.container = container,
		.signals = signals,
		.grace_ms = spec->grace_given ? spec->grace_ms : GRACE_MS,
	};
	return watch(&watching, spec, ret_status, err);
}

static int mount_package(const struct run *run, struct layer_package *package, struct error *err)
{
	int r = layer_package_mount(run->taken.mount, run->package, run->asked->layer, package, err);

	/* what is missing there is not the command */
	return r == -ENOENT || r == -EACCES ? -EIO : r;
}

/* What it wants beyond what it gets is named: the operator may grant it, by options. */
static void tell_asks(const struct run *run, const struct layer_package *package)
{
	for (size_t i = 0; !run->asked->quiet && i < package->start.config.asks.count; i++)
		log_warning("'%s' asks for %s and does not get it", run->package,
			    package->start.config.asks.items[i]);
}

static int inside(void *data)
{
	const struct run *run = data;
	_cleanup_(layer_package_release) struct layer_package package = LAYER_PACKAGE_INIT;
	struct error err = ERROR_INIT;
	int status = EXIT_OURS, r;

	signal(SIGPIPE, SIG_IGN);
	r = mount_package(run, &package, &err);
	if (r == 0 && !package.start.given && !run->asked->spec.args.count)
		r = error_set(&err, -EINVAL, "a bare image has no start configuration; give a command "
					     "after the package");
	if (r == 0) {
		tell_asks(run, &package);
		r = run_container(run, &package, &status, &err);
	}
	if (r == 0)
		return status;
	command_failed(run->command, &err);
	return r == -ENOENT ? EXIT_NOT_FOUND : r == -EACCES ? EXIT_NOT_EXECUTABLE : EXIT_OURS;
}

/* --- outside --- */

static int take_package(struct run *run, struct error *err)
{
	_cleanup_(store_closep) struct store *store = NULL;
	_cleanup_(freep) char *state = NULL;
	_cleanup_(closep) int file = -1, place = -1;
	int r = store_open_package(run->package, &file, err);

	if (r == 0)
		r = place_open(NULL, &place, &state, err);
	if (r == 0)
		r = store_open(state, &store, err);
	if (r == 0)
		r = store_take(store, file, run->package, &run->taken, err);
	if (r == 0)
		r = place_directory(state, "cache", &run->cache, err);
	return r;
}

int cmd_run(const struct sfc_command *command, struct asked *asked)
{
	struct run run = {.command = command, .asked = asked, .taken.mount = -1};
	struct error err = ERROR_INIT;
	struct terminal terminal;
	int r, status;

	if (!asked->operand_count)
		return command_misused(command, "no package given");
	run.package = asked->operands[0];
	snprintf(run.container, sizeof(run.container), "run-%d", (int)getpid());
	asked->spec.terminal = terminal_remember(&terminal);
	r = cmd_enter(&err);
	if (r == 0)
		r = cmd_hold_network(asked, &err);
	if (r == 0)
		r = take_package(&run, &err);
	cgroup_settle(false);
	if (r == 0)
		r = cgroup_begin(&asked->spec, &err);
	if (r >= 0)
		r = namespace_run(NAMESPACE_PROCESSES, inside, &run, &status, &err);
	/* its own, or of who was with it */
	if (r == 0 && status == 128 + SIGKILL)
		cgroup_forget(run.container);
	terminal_restore(&terminal);
	closep(&run.taken.mount);
	free(run.cache);
	return r < 0 ? command_failed(command, &err) : status;
}
