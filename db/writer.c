// SPDX-License-Identifier: BSD-2-Clause
#include "db/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

void writer_self(struct writer *ret_writer)
{
	struct stat st;

	*ret_writer = (struct writer){.pid = getpid()};
	ret_writer->started = started_of(ret_writer->pid);
	if (stat("/proc/self/ns/pid", &st) == 0)
		ret_writer->pidns = (int64_t)st.st_ino;
	proc_read("/proc/sys/kernel/random/boot_id", ret_writer->boot, sizeof(ret_writer->boot));
}

bool writer_is_alive(const struct writer *writer)
{
	struct writer self;

	if (writer->pid <= 0 || writer->pid != (pid_t)writer->pid)
		return false;
	writer_self(&self);
	if (strcmp(writer->boot, self.boot) != 0)
		return false;
	if (writer->pidns != self.pidns)
		return true;
	if (!self.started) /* no /proc here: the pid has to do */
		return kill((pid_t)writer->pid, 0) == 0 || errno == EPERM;
	return started_of(writer->pid) == writer->started && writer->started != 0;
}
