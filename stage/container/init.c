// SPDX-License-Identifier: BSD-2-Clause
#include "stage/container/init.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/text.h"

enum { STATUS_MAX = 64 << 10, TRY_US = 500 };

/* An empty directory in the place of the host's root. */
static int leave_host(const char *work)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("sfc", work, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=555,size=4k") < 0 ||
	    chdir(work) < 0 || syscall(SYS_pivot_root, ".", ".") < 0)
		return -errno;
	return umount2(".", MNT_DETACH) < 0 ? -errno : 0;
}

/* Who ends as a child of ours is nobody's zombie. */
static _Noreturn void be_first(const char *work, int parent)
{
	int failed = 0;
	sigset_t all;
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* our namespace is opened meanwhile */
	if (read(parent, &byte, 1) != 1)
		_exit(1);
	/* like a kernel thread's: even root of the container may not look into it */
	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_NAME, "init");
	signal(SIGCHLD, SIG_IGN);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	setsid();
	failed = leave_host(work);
	(void)!write(parent, &failed, sizeof(failed));
	if (failed < 0 || syscall(SYS_close_range, 0, ~0U, 0) < 0)
		_exit(1);
	while (1)
		pause();
}

static int open_namespace(pid_t pid)
{
	char path[40];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/ns/pid", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int init_start(const char *work, struct init *ret_init, struct error *err)
{
	struct init init = INIT_INIT;
	struct clone_args args = {
		.flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)&init.pidfd,
		.exit_signal = SIGCHLD,
	};
	int ends[2], failed = -ECHILD;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return error_errno(err, "cannot make a socket");
	fflush(NULL);
	init.pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (init.pid == 0)
		be_first(work, ends[1]);
	if (init.pid < 0)
		failed = -errno;
	close(ends[1]);
	if (init.pid > 0)
		failed = init.namespace = open_namespace(init.pid);
	if (failed >= 0 && write(ends[0], "+", 1) != 1)
		failed = -ECHILD;
	if (failed >= 0 && read(ends[0], &failed, sizeof(failed)) != sizeof(failed))
		failed = -ECHILD;
	close(ends[0]);
	if (failed < 0) {
		init_release(&init);
		return error_code(err, failed, "cannot make the container's process 1");
	}
	*ret_init = init;
	return 0;
}

/* In how many process namespaces it has a number, ours and those below; 0: it is gone. */
static int depth_of(pid_t pid)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	char path[40];
	const char *line;
	int depth = 0;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if (io_read_file(AT_FDCWD, path, STATUS_MAX, &text, NULL) < 0)
		return 0;
	line = strstr(text.bytes, "\nNSpid:");
	for (line = line ? line + 7 : NULL; line && *line == '\t'; line += strcspn(line + 1, "\t\n") + 1)
		depth++;
	return depth;
}

/*
 * Process 1 of a namespace ends when all others have, and are buried: those that became children of ours, as
 * one does that the runtime left half made, are buried by us.
 */
static void bury_others(pid_t init)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	char path[64], *rest, *word;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	if (io_read_file(AT_FDCWD, path, STATUS_MAX, &text, NULL) < 0)
		return;
	rest = text.bytes;
	while ((word = strsep(&rest, " "))) {
		pid_t pid = (pid_t)strtol(word, NULL, 10);

		if (pid > 0 && pid != init && depth_of(pid) > depth_of(getpid()))
			waitpid(pid, NULL, 0);
	}
}

void init_release(struct init *init)
{
	pid_t buried = 0;

	if (init->pid > 0)
		kill(init->pid, SIGKILL);
	while (init->pid > 0 && (buried = waitpid(init->pid, NULL, WNOHANG)) == 0) {
		bury_others(init->pid);
		usleep(TRY_US);
	}
	(void)buried;
	closep(&init->pidfd);
	closep(&init->namespace);
	*init = (struct init)INIT_INIT;
}
