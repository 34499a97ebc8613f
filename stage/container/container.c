// SPDX-License-Identifier: BSD-2-Clause
#include "stage/container/container.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/json.h"
#include "db/base/log.h"
#include "db/base/path.h"
#include "db/base/text.h"
#include "stage/container/checkpoint.h"
#include "stage/container/private.h"
#include "stage/mount/user.h"

/* A socket's path has room for 107 bytes. */
static const char console[] = "console", pidfile[] = "pid", bundle[] = "bundle";

enum { FILTER_MS = 5000, KILLED_MS = 10000, STATUS_MAX = 64 << 10 };

static char *in_work(const struct container *container, const char *name)
{
	return path_join(container->work, name);
}

/* --- preparing --- */

/* Of the command these two mean something to who asked; of all else they do not. */
static int other_than_program(int code)
{
	return code == -ENOENT || code == -EACCES ? -EIO : code;
}

static int find_out(struct container *container, struct error *err)
{
	const struct container_request *request = container->request;
	const struct spec *spec = request->spec;
	const char *look = request->look ? request->look : request->root;
	_cleanup_(closep) int root = open(look, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (root < 0)
		return error_errno(err, "cannot open the root '%s'", look);
	container->terminal = spec->terminal;
	container->stop_signal =
		request->defaults && request->defaults->stop_signal ? request->defaults->stop_signal
								    : SIGTERM;
	container->no_new_privileges = !request->traced && !request->set_id && !spec->privileged;
	r = start_user(container, root, err);
	if (r == 0)
		r = powers_choose(container, err);
	if (r < 0)
		return r;
	r = cgroup_begin(spec, err);
	if (r < 0)
		return r;
	if (r > 0 && container->kept && !user_lingers())
		log_warning("a limit is your systemd's to hold: what has one ends with your last session (loginctl "
			    "enable-linger: it does not)");
	r = cgroup_init(request->name, &container->cgroup, err);
	if (r == 0)
		r = cgroup_can_limit(&container->cgroup, spec, err);
	if (r == 0)
		r = runtime_init(spec, &container->cgroup, request->work, &container->runtime, err);
	return r;
}

static int write_config(const struct container *container, const json_t *config,
			struct error *err)
{
	_cleanup_(closep) int fd = -1;
	_cleanup_(freep) char *directory = in_work(container, bundle), *path = NULL, *text = NULL;
	int r;

	path = directory ? path_join(directory, "config.json") : NULL;
	if (!path)
		return error_oom(err);
	if (mkdir(directory, 0700) < 0)
		return error_errno(err, "cannot make '%s'", directory);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_errno(err, "cannot write '%s'", path);
	r = config_text(config, &text, err);
	if (r < 0)
		return r;
	r = io_write(fd, text, strlen(text));
	return r < 0 ? error_code(err, r, "cannot write '%s'", path) : 0;
}

static int make_config(struct container *container, struct error *err)
{
	json_t *config;
	int r = config_make(container, &config, err);

	if (r < 0)
		return r;
	r = write_config(container, config, err);
	json_decref(config);
	return r;
}

static int open_streams(struct container *container, struct error *err)
{
	const struct container_request *request = container->request;
	_cleanup_(freep) char *path = NULL;

	/* conmon's pipes */
	if (container->kept)
		return 0;
	if (!container->terminal)
		return streams_open(request->input, request->output, request->errors,
				    &container->streams, err);
	path = in_work(container, console);
	return path ? streams_open_terminal(path, request->input, request->output,
					    &container->streams, err)
		    : error_oom(err);
}

/* What slirp4netns gets as a packet to 127.0.0.1 it takes there, and the kernel lets only these make one. */
static void warn_of_packets(const struct container *container)
{
	const uint64_t makes = UINT64_C(1) << CAP_NET_RAW | UINT64_C(1) << CAP_NET_ADMIN;

	if (container->network.names == NETWORK_PRIVATE && container->capabilities & makes)
		log_warning("with CAP_NET_RAW or CAP_NET_ADMIN the host's loopback is reached from a private network, too");
}

int container_prepare(const struct container_request *request, struct container **ret_container,
		      struct error *err)
{
	_cleanup_(container_releasep) struct container *container = calloc(1, sizeof(*container));
	int r;

	if (!container)
		return error_oom(err);
	container->request = request;
	container->pidfd = -1;
	container->init = (struct init)INIT_INIT;
	container->daemons = request->init && request->daemons;
	container->network = (struct network)NETWORK_INIT;
	streams_init(&container->streams);
	container->kept = request->keep != NULL;
	container->name = strdup(request->name);
	container->work = strdup(request->work);
	container->root = strdup(request->root);
	if (!container->name || !container->work || !container->root)
		return error_oom(err);
	r = start_program(container, err);
	if (r < 0)
		return r;
	r = find_out(container, err);
	if (r == 0)
		r = network_open(request->spec, request->work, request->network, &container->network, err);
	if (r == 0)
		warn_of_packets(container);
	if (r == 0 && request->init)
		r = init_start(container->work, &container->init, err);
	container->learned = request->learned;
	if (r == 0 && request->learned)
		r = learn_begin(container->work, request->learned, &container->learner, err);
	if (r == 0)
		r = make_config(container, err);
	if (r == 0)
		r = open_streams(container, err);
	if (r == 0)
		r = runtime_make_room(&container->runtime, &container->cgroup, err);
	if (r == 0)
		*ret_container = take(container);
	return other_than_program(r);
}

/* --- starting --- */

static int call_runtime(struct container *container, struct error *err)
{
	_cleanup_(freep) char *directory = in_work(container, bundle);
	_cleanup_(freep) char *pid = in_work(container, pidfile);
	_cleanup_(freep) char *socket = in_work(container, console);
	const char *arguments[10] = {"run", "--detach", "--bundle", directory, "--pid-file", pid};
	size_t count = 6;
	int r;

	if (!directory || !pid || !socket)
		return error_oom(err);
	if (container->terminal) {
		arguments[count++] = "--console-socket";
		arguments[count++] = socket;
	}
	arguments[count++] = container->name;
	arguments[count] = NULL;
	container->delete = true;
	r = runtime_call(&container->runtime, arguments, container->streams.theirs, err);
	return r > 0 ? start_failed(container, NULL, err) : r;
}

static int find_process(struct container *container, struct error *err)
{
	_cleanup_(freep) char *path = in_work(container, pidfile);
	_cleanup_(text_release) struct text text = TEXT_INIT;
	int r = path ? io_read_file(AT_FDCWD, path, 32, &text, err) : error_oom(err);

	if (r < 0)
		return r;
	container->pid = (pid_t)strtol(text.bytes, NULL, 10);
	container->pidfd = (int)syscall(SYS_pidfd_open, container->pid, 0);
	if (container->pid <= 0 || container->pidfd < 0)
		return error_set(err, -ESRCH, "the runtime's process cannot be found");
	return 0;
}

/* 1: its filter is on; 0: not, or not yet. */
static int has_filter(const struct container *container, struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	const char *line;
	char path[40];
	int r;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)container->pid);
	r = io_read_file(AT_FDCWD, path, STATUS_MAX, &text, err);
	if (r < 0)
		return r;
	line = strstr(text.bytes, "\nSeccomp:\t");
	return line && line[10] == '2';
}

/*
 * A runtime that does not know the filter would run it with none, and say nothing. It is the last thing before
 * the program begins, which may be after the runtime has returned; one that has ended shows none either.
 */
static int check_seccomp(const struct container *container, struct error *err)
{
	struct pollfd ended = {.fd = container->pidfd, .events = POLLIN};

	if (!container->seccomp.rules || container->runtime.kind == RUNTIME_OTHER)
		return 0;
	for (int waited = 0; waited < FILTER_MS; waited++) {
		int r = has_filter(container, err);

		if (r > 0 || poll(&ended, 1, r < 0 ? 0 : 1) == 1)
			return 0;
		if (r < 0)
			return r;
	}
	return error_set(err, -EPERM, "%s started it without the seccomp filter",
			 path_name(container->runtime.program));
}

/* What conmon has made begins. */
static int begin_kept(struct container *container, struct error *err)
{
	const char *const arguments[] = {"start", container->name, NULL};
	const int nothing[] = {-1, -1, -1};
	int r = runtime_call(&container->runtime, arguments, nothing, err);

	return r > 0 ? start_failed(container, NULL, err) : r;
}

/* Its group may be gone with it. */
static bool has_ended(const struct container *container)
{
	struct pollfd ended = {.fd = container->pidfd, .events = POLLIN};

	return poll(&ended, 1, 0) == 1;
}

int container_start(struct container *container, struct error *err)
{
	const struct spec *spec = container->request->spec;
	int r = container->request->restore ? container_restore_room(container, err) : 0;

	if (r == 0)
		r = container->kept ? keep_create(container, err) : call_runtime(container, err);

	streams_given(&container->streams);
	if (r == 0)
		r = find_process(container, err);
	/* what is restored runs by now */
	if (r == 0 && container->kept && !container->request->restore)
		r = begin_kept(container, err);
	if (r == 0)
		r = check_seccomp(container, err);
	if (r == 0)
		cgroup_find(&container->cgroup, container->pid);
	if (r == 0 && container->request->restore)
		r = container_check_restored(container, err);
	if (r == 0 && !has_ended(container))
		r = cgroup_check_limits(&container->cgroup, spec, err);
	if (r == 0)
		r = streams_terminal(&container->streams, err);
	if (r == 0)
		r = network_publish(&container->network, err);
	container->request = NULL;
	return r;
}

pid_t container_pid(const struct container *container)
{
	pid_t other = container->first_ended ? container_other(container) : 0;

	return other ? other : container->pid;
}

const char *container_root(const struct container *container)
{
	return container->root;
}

void container_identity(const struct container *container, uint32_t *ret_uid, uint32_t *ret_gid,
			const char **ret_home)
{
	*ret_uid = container->user.uid;
	*ret_gid = container->user.gid;
	*ret_home = container->home ? container->home : "/";
}

int container_pidfd(const struct container *container)
{
	return container->pidfd;
}

int container_network_enter(const struct container *container, struct error *err)
{
	return network_enter(&container->network, err);
}

/* --- the end --- */

/* Of a runtime that is not crun, or that asked systemd, there may be more than a directory. */
static void delete_by_runtime(struct container *container)
{
	const char *const arguments[] = {"delete", "--force", container->name, NULL};
	const int nothing[] = {-1, -1, -1};

	if (!container->delete || !container->runtime.program)
		return;
	if (container->runtime.kind == RUNTIME_CRUN && container->reaped && !container->cgroup.systemd)
		return;
	runtime_call(&container->runtime, arguments, nothing, NULL);
}

static void end_process(struct container *container)
{
	struct pollfd ended = {.fd = container->pidfd, .events = POLLIN};

	if (container->pidfd < 0 || container->first_ended)
		return;
	syscall(SYS_pidfd_send_signal, container->pidfd, SIGKILL, NULL, 0);
	if (container->kept)
		poll(&ended, 1, KILLED_MS);
	else
		waitpid(container->pid, NULL, 0);
	container->reaped = container->first_ended = true;
}

void container_release(struct container *container)
{
	if (!container)
		return;
	end_process(container);
	init_release(&container->init);
	learn_end(&container->learner, container->learned);
	delete_by_runtime(container);
	if (container->delete)
		cgroup_remove(&container->cgroup);
	network_release(&container->network);
	container_free(container);
}

void container_releasep(struct container **container)
{
	container_release(*container);
}
