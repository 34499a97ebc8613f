// SPDX-License-Identifier: BSD-2-Clause
#include "stage/stages/debug.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/log.h"
#include "stage/container/cgroup.h"
#include "stage/container/container.h"
#include "stage/container/terminal.h"
#include "stage/layer/package.h"
#include "stage/layer/scratch.h"
#include "stage/mount/mount.h"
#include "stage/mount/namespace.h"
#include "stage/mount/own.h"
#include "stage/mount/work.h"
#include "stage/stages/company.h"
#include "stage/stages/source.h"

struct debugging {
	const struct debug_request *request;
	const char *tools; /* the root with them */
	const char *cache;
	int files; /* of what is looked into: a mount without a place */
	char container[64];
};

/* ---- the files of what is looked into ---- */

struct taking {
	pid_t pid;
	int mount;
};

/* Aside: in its mount namespace "/" is its root. */
static int take_inside(void *data, struct error *err)
{
	struct taking *taking = data;
	_cleanup_(closep) int pidfd = (int)syscall(SYS_pidfd_open, taking->pid, 0);

	if (pidfd < 0 || setns(pidfd, CLONE_NEWNS) < 0)
		return error_errno(err, "cannot enter its mount namespace");
	return mount_clone(AT_FDCWD, "/", true, &taking->mount, err);
}

static int take_files(const struct debug_request *request, int *ret_mount, struct error *err)
{
	struct taking taking = {.pid = request->pid, .mount = -1};
	int r = namespace_aside(take_inside, &taking, sizeof(taking), err);

	if (r == 0)
		r = mount_set(taking.mount, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID, 0, true, err);
	if (r < 0) {
		closep(&taking.mount);
		return error_prefix(err, r, "%s", request->subject);
	}
	*ret_mount = taking.mount;
	return 0;
}

/* ---- inside: in a mount namespace that ends with us ---- */

/* In the runtime's root bind mounts come along, so it needs no volume. */
static int put_files(const struct debugging *debugging, struct error *err)
{
	const char *place = work_path("/root" DEBUG_PLACE);

	if (mkdir(place, 0755) < 0 && errno != EEXIST)
		return error_errno(err, "cannot make '" DEBUG_PLACE "' among the tools");
	return mount_attach(debugging->files, AT_FDCWD, place, err);
}

static int start(const struct debugging *debugging, struct container **ret_container, struct error *err)
{
	const struct container_request request = {
		.spec = debugging->request->spec,
		.root = work_path("/root"),
		.name = debugging->container,
		.work = work_path("/container"),
		.cache = debugging->cache,
		.beside = debugging->request->pid,
		.set_id = true,
		.input = STDIN_FILENO,
		.output = STDOUT_FILENO,
		.errors = STDERR_FILENO,
	};

	return container_prepare(&request, ret_container, err);
}

static int inside(void *data)
{
	const struct debugging *debugging = data;
	_cleanup_(container_releasep) struct container *container = NULL;
	struct layer_package layers;
	struct error err = ERROR_INIT;
	int status = COMPANY_OURS, r;

	signal(SIGPIPE, SIG_IGN);
	r = layer_directory_mount(debugging->tools, &layers, &err);
	if (r == 0)
		r = put_files(debugging, &err);
	if (r == 0) {
		r = start(debugging, &container, &err);
		status = r < 0 ? company_status(r) : status;
	}
	if (r == 0)
		r = company_keep(container, debugging->request->spec->terminal, &status, &err);
	if (r < 0)
		log_error("%s", err.message);
	return status;
}

/* ---- outside ---- */

/* Where it has the host's, which we have as well, there is nothing to enter; a plain user could not. */
static bool has_our_network(const char *network)
{
	struct stat own, other;

	return stat("/proc/self/ns/net", &own) == 0 && stat(network, &other) == 0 && own.st_ino == other.st_ino &&
	       own.st_dev == other.st_dev;
}

/* A shell, and what a debugger may that others may not: to look into processes, and into its network. */
static int complete(struct spec *spec, pid_t pid, struct error *err)
{
	char network[64];

	snprintf(network, sizeof(network), "/proc/%d/ns/net", (int)pid);
	if ((!spec->args.count && spec_strings_add(&spec->args, "/bin/sh") < 0) ||
	    spec_strings_add(&spec->cap_add, "CAP_SYS_PTRACE") < 0)
		return error_oom(err);
	spec->network = NETWORK_HOST;
	if (has_our_network(network))
		return 0;
	spec->network = NETWORK_PATH;
	spec->network_name = strdup(network);
	return spec->network_name ? 0 : error_oom(err);
}

static int run(struct debugging *debugging, int *ret_status, struct error *err)
{
	struct terminal terminal;
	int r;

	snprintf(debugging->container, sizeof(debugging->container), "sfc-debug-%d", (int)getpid());
	terminal_remember(&terminal);
	/* not in a process namespace of our own: its processes have numbers only where we are, and below */
	r = namespace_run(0, inside, debugging, ret_status, err);
	if (r == 0 && *ret_status == 128 + SIGKILL)
		cgroup_forget(debugging->container);
	terminal_restore(&terminal);
	return r;
}

int debug_run(const struct debug_request *request, int *ret_status, struct error *err)
{
	_cleanup_(scratch_release) struct scratch scratch = SCRATCH_INIT;
	_cleanup_(freep) char *cache = state_path(request->state, "cache");
	struct source_root tools = {.path = NULL};
	struct debugging debugging = {.request = request, .cache = cache, .files = -1};
	int r = cache ? complete(request->spec, request->pid, err) : error_oom(err);

	*ret_status = COMPANY_OURS;
	if (r == 0 && mkdir(cache, 0700) < 0 && errno != EEXIST)
		r = error_errno(err, "cannot make '%s'", cache);
	if (r == 0)
		r = own_mounts_begin(err);
	if (r == 0)
		r = scratch_make(request->state, "debug", &scratch, err);
	if (r == 0)
		r = source_root_open(request->state, request->with, NULL, &scratch, &tools, err);
	if (r == 0)
		r = take_files(request, &debugging.files, err);
	debugging.tools = tools.path;
	if (r == 0)
		r = run(&debugging, ret_status, err);
	closep(&debugging.files);
	source_root_release(&tools);
	return r;
}
