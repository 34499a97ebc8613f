// SPDX-License-Identifier: BSD-2-Clause
#include "fs/caller.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "db/base/cleanup.h"

/* The caller may be on its way to sleep yet. */
enum { TRIES = 20 };

/* Which argument of which call is the path; newer machines have only the second kind. */
static const struct {
	long number;
	int argument;
} calls[] = {
#ifdef SYS_open
	{SYS_access, 0},   {SYS_chdir, 0},    {SYS_execve, 0}, {SYS_getxattr, 0},
	{SYS_lgetxattr, 0}, {SYS_listxattr, 0}, {SYS_lstat, 0},  {SYS_open, 0},
	{SYS_readlink, 0}, {SYS_stat, 0},     {SYS_statfs, 0},
#else
	{SYS_chdir, 0},    {SYS_execve, 0},   {SYS_getxattr, 0}, {SYS_lgetxattr, 0},
	{SYS_listxattr, 0}, {SYS_statfs, 0},
#endif
	{SYS_execveat, 1}, {SYS_faccessat, 1}, {SYS_openat, 1}, {SYS_readlinkat, 1}, {SYS_statx, 1},
#ifdef SYS_faccessat2
	{SYS_faccessat2, 1},
#endif
#ifdef SYS_newfstatat
	{SYS_newfstatat, 1},
#endif
#ifdef SYS_openat2
	{SYS_openat2, 1},
#endif
};

static int open_of(int proc_fd, pid_t tid, const char *what)
{
	char path[40];

	snprintf(path, sizeof(path), "%d/%s", (int)tid, what);
	return openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
}

/* "257 0xffffff9c 0x7ffd… …": the number of the call and its six arguments. */
static bool read_call(int proc_fd, pid_t tid, long *ret_number, uint64_t arguments[static 6])
{
	_cleanup_(closep) int fd = open_of(proc_fd, tid, "syscall");
	char line[256], *at = line;

	for (int i = 0; i < TRIES && fd >= 0; i++) {
		ssize_t n = pread(fd, line, sizeof(line) - 1, 0);

		if (n <= 0)
			return false;
		line[n] = '\0';
		*ret_number = strtol(line, &at, 10);
		if (at != line)
			break;
		sched_yield(); /* "running" */
	}
	if (at == line)
		return false;
	for (int i = 0; i < 6; i++)
		arguments[i] = strtoull(at, &at, 16);
	return true;
}

static int read_string(int proc_fd, pid_t tid, uint64_t address, char *buffer, size_t size)
{
	_cleanup_(closep) int fd = open_of(proc_fd, tid, "mem");
	ssize_t n;

	if (fd < 0)
		return -ESRCH;
	/* as far as its pages go */
	n = pread(fd, buffer, size, (off_t)address);
	return n > 0 && memchr(buffer, '\0', (size_t)n) ? 0 : -ESRCH;
}

int caller_path(int proc_fd, pid_t tid, char *buffer, size_t size)
{
	uint64_t arguments[6];
	long number = 0;

	if (tid <= 0 || proc_fd < 0 || !read_call(proc_fd, tid, &number, arguments))
		return -ESRCH;
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (calls[i].number == number)
			return read_string(proc_fd, tid, arguments[calls[i].argument], buffer, size);
	return -ENOENT;
}

/* i386 has numbers of its own; the second is of no other call here, and nobody opens in the first. */
enum { EXECVE_32 = 11, EXECVEAT_32 = 358 };

bool caller_executes(int proc_fd, pid_t tid)
{
	uint64_t arguments[6];
	long number = 0;

	if (tid <= 0 || proc_fd < 0 || !read_call(proc_fd, tid, &number, arguments))
		return false;
	return number == SYS_execve || number == SYS_execveat || number == EXECVE_32 ||
	       number == EXECVEAT_32;
}
