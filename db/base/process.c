// SPDX-License-Identifier: BSD-2-Clause
#include "db/base/process.h"

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

/* A small file of /proc as a string without its newline; "" when it cannot be read. */
static void proc_read(const char *path, char *buffer, size_t size)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : io_read(fd, buffer, size - 1);

	buffer[n > 0 ? n : 0] = '\0';
	buffer[strcspn(buffer, "\n")] = '\0';
}

/* 0 when there is no such process, or it is a zombie: that one writes nothing any more. */
static int64_t started_of(int64_t pid)
{
	char path[48], stat[512], *at;
	long long started = 0;
	char state = '\0';

	snprintf(path, sizeof(path), "/proc/%lld/stat", (long long)pid);
	proc_read(path, stat, sizeof(stat));
	/* the name in parentheses may hold anything, parentheses and spaces too */
	at = strrchr(stat, ')');
	if (!at || sscanf(at + 1,
			  " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s"
			  " %*s %lld",
			  &state, &started) != 2)
		return 0;
	return state == 'Z' || state == 'X' ? 0 : started;
}

void process_of(int64_t pid, struct process *ret_process)
{
	struct stat st;

	*ret_process = (struct process){.pid = pid};
	ret_process->started = started_of(pid);
	if (stat("/proc/self/ns/pid", &st) == 0)
		ret_process->pidns = (int64_t)st.st_ino;
	proc_read("/proc/sys/kernel/random/boot_id", ret_process->boot, sizeof(ret_process->boot));
}

void process_self(struct process *ret_process)
{
	process_of(getpid(), ret_process);
}

bool process_is_alive(const struct process *process)
{
	struct process self;

	if (process->pid <= 0 || process->pid != (pid_t)process->pid)
		return false;
	process_self(&self);
	if (strcmp(process->boot, self.boot) != 0)
		return false;
	if (process->pidns != self.pidns)
		return true;
	if (!self.started) /* no /proc here: the pid has to do */
		return kill((pid_t)process->pid, 0) == 0 || errno == EPERM;
	return started_of(process->pid) == process->started && process->started != 0;
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
