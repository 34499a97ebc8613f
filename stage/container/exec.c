// SPDX-License-Identifier: BSD-2-Clause
#include "stage/container/exec.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "db/base/text.h"
#include "stage/container/delegated.h"
#include "stage/container/runtime.h"
#include "stage/container/spawn.h"
#include "stage/container/streams.h"
#include "stage/mount/user.h"

static const int passed_on[] = {SIGHUP, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH, SIGINT, SIGQUIT};

/* Our own: a user could not enter it, and need not. */
static bool is_same_processes(pid_t where)
{
	struct stat theirs, ours;
	char path[40];

	snprintf(path, sizeof(path), "/proc/%d/ns/pid", (int)where);
	return stat(path, &theirs) == 0 && stat("/proc/self/ns/pid", &ours) == 0 && theirs.st_ino == ours.st_ino;
}

static int go_there(pid_t where, struct error *err)
{
	_cleanup_(closep) int pidfd = (int)syscall(SYS_pidfd_open, where, 0);

	if (pidfd < 0 || setns(pidfd, CLONE_NEWNS | (is_same_processes(where) ? 0 : CLONE_NEWPID)) < 0)
		return error_errno(err, "cannot go where the container is");
	return 0;
}

static int start(const struct container_exec *request, const struct runtime *runtime, struct streams *streams,
		 pid_t *ret_pid, struct error *err)
{
	static const int ours[STREAMS] = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO};
	struct {
		const char **items;
		size_t count, capacity;
	} words = ARRAY_INIT;
	int r = array_push(&words, runtime->program);

	for (size_t i = 0; r == 0 && i < runtime->args.count; i++)
		r = array_push(&words, runtime->args.items[i]);
	if (r == 0)
		r = array_push(&words, "exec");
	if (r == 0 && request->terminal)
		r = array_push(&words, "--tty");
	if (r == 0)
		r = array_push(&words, request->name);
	for (size_t i = 0; r == 0 && i < request->args->count; i++)
		r = array_push(&words, request->args->items[i]);
	if (r == 0)
		r = array_push(&words, NULL);
	if (r < 0)
		error_oom(err);
	/* to a terminal of the program's own the runtime copies by itself */
	if (r == 0)
		r = spawn(runtime->program, words.items, NULL, request->terminal ? ours : streams->theirs,
			  STREAMS, ret_pid, err);
	array_release(&words);
	streams_given(streams);
	return r;
}

/* What went wrong before there was a command is in the runtime's log. */
static int find_fault(const struct container_exec *request, struct error *err)
{
	_cleanup_(freep) char *log = path_join(request->work, "log");
	_cleanup_(text_release) struct text said = TEXT_INIT;

	if (!log)
		return error_oom(err);
	runtime_said(log, &said);
	if (!said.size)
		return 0;
	return error_set(err,
			 strstr(said.bytes, "ermission denied") ? -EACCES
			 : strstr(said.bytes, "not found") || strstr(said.bytes, "o such file") ? -ENOENT
												: -EIO,
			 "cannot execute '%s': %s", request->args->items[0], said.bytes);
}

static int run(const struct container_exec *request, const struct runtime *runtime, struct streams *streams,
	       int *ret_status, struct error *err)
{
	_cleanup_(freep) char *log = path_join(request->work, "log");
	_cleanup_(closep) int signals = -1;
	sigset_t set;
	pid_t pid;
	int r;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(passed_on) / sizeof(*passed_on); i++)
		sigaddset(&set, passed_on[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals < 0 || !log)
		return error_errno(err, "cannot wait for signals");
	unlink(log);
	r = start(request, runtime, streams, &pid, err);
	if (r < 0)
		return r;
	r = streams_accompany(streams, pid, signals);
	if (r < 0)
		return error_code(err, r, "cannot wait for '%s'", request->args->items[0]);
	*ret_status = r;
	return r ? find_fault(request, err) : 0;
}

int container_exec(const struct container_exec *request, int *ret_status, struct error *err)
{
	struct runtime runtime = {.kind = RUNTIME_OTHER};
	const struct cgroup none = {.version = CGROUP_NONE};
	struct streams streams;
	/* the runtime puts into the container's group what it starts */
	int r = user_is_plain() ? delegated_follow(request->where, err) : 0;

	if (r == 0)
		r = go_there(request->where, err);
	if (r == 0)
		r = runtime_init(request->spec, &none, request->work, &runtime, err);
	if (r < 0)
		return r;
	r = streams_open(request->terminal ? -1 : STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO, &streams, err);
	if (r == 0)
		r = run(request, &runtime, &streams, ret_status, err);
	streams_release(&streams);
	runtime_release(&runtime);
	return r;
}
