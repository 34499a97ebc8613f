// SPDX-License-Identifier: BSD-2-Clause
#include "stage/mount/namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/log.h"
#include "db/base/mounts.h"
#include "db/base/path.h"
#include "stage/mount/user.h"

static const int passed_on[] = {SIGHUP, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH, SIGINT, SIGQUIT};

int namespace_orphaned(void)
{
	return SIGRTMIN;
}

static void signals_of(sigset_t *set)
{
	sigemptyset(set);
	for (size_t i = 0; i < sizeof(passed_on) / sizeof(*passed_on); i++)
		sigaddset(set, passed_on[i]);
}

static pid_t clone_child(uint64_t flags, int *ret_pidfd)
{
	struct clone_args args = {
		.flags = flags | CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)ret_pidfd,
		.exit_signal = SIGCHLD,
	};

	fflush(NULL);
	return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

/* --- the child --- */

static int make_private(unsigned int flags, struct error *err)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return error_errno(err, "cannot have mounts of our own");
	if (!(flags & NAMESPACE_PROCESSES))
		return prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 ? error_errno(err, "prctl") : 0;
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		return error_errno(err, "cannot mount /proc");
	return 0;
}

static _Noreturn void child(unsigned int flags, pid_t parent, int (*inside)(void *), void *data)
{
	struct error err = ERROR_INIT;
	sigset_t orphaned;

	sigemptyset(&orphaned);
	sigaddset(&orphaned, namespace_orphaned());
	sigprocmask(SIG_BLOCK, &orphaned, NULL);
	prctl(PR_SET_PDEATHSIG, namespace_orphaned());
	/* it may have died before; from another process namespace its number is 0 */
	if (getppid() != (flags & NAMESPACE_PROCESSES ? 0 : parent))
		_exit(125);
	if (make_private(flags, &err) < 0) {
		log_error("%s", err.message);
		_exit(125);
	}
	exit(inside(data));
}

/* --- the parent --- */

static void pass_on(int signals, int pidfd)
{
	struct signalfd_siginfo info;

	while (read(signals, &info, sizeof(info)) == sizeof(info)) {
		int number = (int)info.ssi_signo;
		bool typed = info.ssi_code == SI_KERNEL;

		if (!typed || (number != SIGINT && number != SIGQUIT && number != SIGWINCH))
			syscall(SYS_pidfd_send_signal, pidfd, number, NULL, 0);
	}
}

static int wait_child(pid_t pid, int pidfd, const sigset_t *set, int *ret_status,
		      struct error *err)
{
	_cleanup_(closep) int signals = signalfd(-1, set, SFD_CLOEXEC | SFD_NONBLOCK);
	struct pollfd fds[] = {{.fd = pidfd, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
	int status;

	if (signals < 0)
		return error_errno(err, "cannot wait for signals");
	do {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return error_errno(err, "cannot wait");
		pass_on(signals, pidfd);
	} while (!(fds[0].revents & POLLIN));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return error_errno(err, "cannot wait");
	*ret_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return 0;
}

int namespace_run(unsigned int flags, int (*inside)(void *data), void *data, int *ret_status,
		  struct error *err)
{
	_cleanup_(closep) int pidfd = -1;
	uint64_t clone_flags = CLONE_NEWNS;
	sigset_t set, before;
	pid_t self = getpid(), pid;
	int r;

	if (flags & NAMESPACE_PROCESSES)
		clone_flags |= CLONE_NEWPID;
	signals_of(&set);
	sigprocmask(SIG_BLOCK, &set, &before);
	pid = clone_child(clone_flags, &pidfd);
	if (pid == 0)
		child(flags, self, inside, data);
	r = pid < 0 ? error_errno(err, "cannot make namespaces")
		    : wait_child(pid, pidfd, &set, ret_status, err);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return r;
}

/* --- trimming --- */

static const char *const always[] = {"/usr/bin",   "/usr/sbin", "/usr/lib",   "/usr/lib64",
				     "/usr/local", "/bin",      "/sbin",      "/lib",
				     "/lib64",     "/etc",      "/nix/store", "/gnu/store",
				     "/opt",       NULL};
static const char *const whole[] = {"/proc", "/sys", "/dev", NULL};

struct trimming {
	const char *const *keep;
	ARRAY(char *) away;
};

static bool is_above_any(const char *path, const char *const *list)
{
	for (; *list; list++)
		if (path_is_within(*list, path))
			return true;
	return false;
}

static bool is_below_any(const char *path, const char *const *list)
{
	for (; *list; list++)
		if (path_is_within(path, *list))
			return true;
	return false;
}

static int note_away(const struct mount_line *mount, void *data)
{
	struct trimming *trimming = data;
	char *path;

	if (is_above_any(mount->path, always) || is_below_any(mount->path, whole) ||
	    is_above_any(mount->path, trimming->keep) || is_below_any(mount->path, trimming->keep))
		return 0;
	path = strdup(mount->path);
	if (!path || array_push(&trimming->away, path) < 0) {
		free(path);
		return -ENOMEM;
	}
	return 0;
}

int namespace_trim(const char *const *keep, struct error *err)
{
	struct trimming trimming = {.keep = keep};
	int r;

	/* the host's are locked together in a user's, and go when the host lets them go */
	if (user_is_plain())
		return 0;
	r = mounts_each(note_away, &trimming);
	/* the last mounted first; below another one that goes, it is gone already */
	while (trimming.away.count) {
		char *path = trimming.away.items[--trimming.away.count];

		if (r == 0 && umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0 && errno != EINVAL &&
		    errno != ENOENT)
			r = error_errno(err, "cannot detach '%s'", path);
		free(path);
	}
	array_release(&trimming.away);
	return r == -ENOMEM ? error_oom(err) : r;
}

/* --- aside --- */

struct aside {
	struct error err;
	int result;
	unsigned char data[];
};

int namespace_aside(int (*inside)(void *data, struct error *err), void *data, size_t size,
		    struct error *err)
{
	size_t whole_size = sizeof(struct aside) + size;
	_cleanup_(closep) int pidfd = -1;
	struct aside *shared;
	int status, r;
	pid_t pid;

	shared = mmap(NULL, whole_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return error_oom(err);
	*shared = (struct aside){.result = -ECANCELED};
	memcpy(shared->data, data, size);
	pid = clone_child(CLONE_FILES, &pidfd);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		shared->result = inside(shared->data, &shared->err);
		_exit(0);
	}
	r = pid < 0 ? -errno : 0;
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (pid > 0)
		r = shared->result;
	memcpy(data, shared->data, size);
	if (r < 0 && shared->err.message[0])
		error_set(err, r, "%s", shared->err.message);
	else if (r < 0)
		error_code(err, r, "cannot enter another namespace");
	munmap(shared, whole_size);
	return r;
}

/* Is process 2 the kernel's own first thread? Then this is the process namespace of the boot. */
static bool is_kernel_thread(void)
{
	char text[16] = "";
	_cleanup_(closep) int fd = open("/proc/2/comm", O_RDONLY | O_CLOEXEC);

	return fd >= 0 && io_read(fd, text, sizeof(text) - 1) > 0 && strcmp(text, "kthreadd\n") == 0;
}

void namespace_enter_first(void)
{
	_cleanup_(closep) int fd = open("/proc/1/ns/mnt", O_RDONLY | O_CLOEXEC);

	/* an init that is more than root keeps even root out; the kernel's threads live where it does */
	if (fd < 0 && is_kernel_thread())
		fd = open("/proc/2/ns/mnt", O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		(void)!setns(fd, CLONE_NEWNS);
}
