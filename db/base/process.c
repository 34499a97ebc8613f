// SPDX-License-Identifier: BSD-2-Clause
#include "db/base/process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"

/* A small file of /proc as a string without its newline: 0, or a negative errno and "". */
static int proc_read(const char *path, char *buffer, size_t size)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -errno : io_read(fd, buffer, size - 1);

	buffer[n > 0 ? n : 0] = '\0';
	buffer[strcspn(buffer, "\n")] = '\0';
	return n < 0 ? (int)n : 0;
}

/* There is no such thing, or no /proc. */
static bool is_not_there(int code)
{
	return code == -ENOENT || code == -ESRCH;
}

/*
 * 0 when there is no such process, or it is a zombie: that one writes nothing any more. A negative errno where it
 * could not be looked at.
 */
static int64_t started_of(int64_t pid, int64_t *ret_parent)
{
	char path[48], stat[512], *at;
	long long started = 0, parent = 0;
	char state = '\0';
	int r;

	snprintf(path, sizeof(path), "/proc/%lld/stat", (long long)pid);
	r = proc_read(path, stat, sizeof(stat));
	if (r < 0)
		return is_not_there(r) ? 0 : r;
	/* the name in parentheses may hold anything, parentheses and spaces too */
	at = strrchr(stat, ')');
	if (!at || sscanf(at + 1,
			  " %c %lld %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s"
			  " %*s %lld",
			  &state, &parent, &started) != 3)
		return 0;
	*ret_parent = parent;
	return state == 'Z' || state == 'X' ? 0 : started;
}

/* As far as it can be told: 0, or the first negative errno that is not about its being gone. */
static int describe(int64_t pid, struct process *ret_process)
{
	int64_t parent, started;
	struct stat st;
	int r;

	*ret_process = (struct process){.pid = pid};
	started = started_of(pid, &parent);
	r = started < 0 ? (int)started : 0;
	if (started > 0)
		ret_process->started = started;
	if (stat("/proc/self/ns/pid", &st) == 0)
		ret_process->pidns = (int64_t)st.st_ino;
	else if (r == 0)
		r = -errno;
	if (r == 0)
		r = proc_read("/proc/sys/kernel/random/boot_id", ret_process->boot, sizeof(ret_process->boot));
	return is_not_there(r) ? 0 : r;
}

void process_of(int64_t pid, struct process *ret_process)
{
	describe(pid, ret_process);
}

int process_note(int64_t pid, struct process *ret_process, struct error *err)
{
	int r = describe(pid, ret_process);

	return r < 0 ? error_code(err, r, "cannot look at process %lld", (long long)pid) : 0;
}

void process_self(struct process *ret_process)
{
	process_of(getpid(), ret_process);
}

/*
 * From the first namespace root sees all processes, and by its start which of them one of another namespace is:
 * the number of a namespace that is gone becomes another's soon. True only when there is none: a container that
 * was killed.
 */
static bool is_gone_there(const struct process *process, const struct process *self)
{
	enum { FIRST_NAMESPACE = 0xEFFFFFFC }; /* PROC_PID_INIT_INO */
	_cleanup_(closedirp) DIR *proc = NULL;
	const struct dirent *entry;
	struct stat st;
	int64_t parent;
	char path[300];

	if (self->pidns != (int64_t)(uint32_t)FIRST_NAMESPACE || geteuid() != 0 || process->pidns == 0)
		return false;
	proc = opendir("/proc");
	while (proc && (entry = readdir(proc))) {
		/* the very first is of the first namespace, and may have more rights than we */
		if (entry->d_name[0] < '0' || entry->d_name[0] > '9' || strcmp(entry->d_name, "1") == 0)
			continue;
		snprintf(path, sizeof(path), "/proc/%s/ns/pid", entry->d_name);
		if (stat(path, &st) < 0) {
			if (errno != ENOENT && errno != ESRCH)
				return false;
		} else if ((int64_t)st.st_ino == process->pidns) {
			int64_t started = started_of(atoll(entry->d_name), &parent);

			if (!process->started || started == process->started || started < 0)
				return false;
		}
	}
	return proc;
}

/* The same number at the same start; started 0 is nobody's. */
static bool is_still(const struct process *process, int64_t *ret_parent)
{
	int64_t started = started_of(process->pid, ret_parent);

	return process->started != 0 && (started == process->started || started < 0);
}

/* What could not be read of us is nothing that speaks against it. */
static bool is_of_this_boot(const struct process *process, const struct process *self)
{
	return !*self->boot || strcmp(process->boot, self->boot) == 0;
}

bool process_is_alive(const struct process *process)
{
	struct process self;
	int64_t parent;

	if (process->pid <= 0 || process->pid != (pid_t)process->pid)
		return false;
	process_self(&self);
	if (!is_of_this_boot(process, &self))
		return false;
	if (process->pidns != self.pidns)
		return !is_gone_there(process, &self);
	if (!self.started) /* no /proc here: the pid has to do */
		return kill((pid_t)process->pid, 0) == 0 || errno == EPERM;
	return is_still(process, &parent);
}

int64_t process_parent_here(const struct process *process, const struct process *self)
{
	int64_t parent = 0;

	if (process->pid <= 0 || (self->pidns && process->pidns != self->pidns) || !is_of_this_boot(process, self))
		return -1;
	return is_still(process, &parent) ? parent : -1;
}

bool process_is_alive_here(const struct process *process, const struct process *self)
{
	return process_parent_here(process, self) >= 0;
}

int process_open(const struct process *process)
{
	struct process self;
	int fd;

	process_self(&self);
	if (!process_is_alive(process))
		return -ESRCH;
	if (process->pidns != self.pidns)
		return -EXDEV;
	fd = (int)syscall(SYS_pidfd_open, (pid_t)process->pid, 0);
	if (fd < 0)
		return -errno;
	/* the number may have become another's between the two */
	if (!process_is_alive(process)) {
		close(fd);
		return -ESRCH;
	}
	return fd;
}
