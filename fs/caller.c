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
#include <time.h>
#include <unistd.h>

#include "db/base/cleanup.h"

/* The caller may be on its way to sleep yet: so often it is let run, and then waited for. */
enum { YIELDS = 20, NAPS = 9, FIRST_NAP_NS = 20 * 1000 };

/* In the numbers of programs whose pointers alone have 32 bits. */
enum { X32 = 0x40000000 };

/* A system call as /proc shows it. */
struct call {
	long number;
	uint64_t arguments[6];
	bool narrow; /* of a program with 32-bit pointers: it has numbers of its own */
};

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

/*
 * Only who has its stack below 4 GiB can be such a program; then the first word of its auxiliary vector,
 * a small number, tells: it is followed by zeros only where it is eight bytes wide.
 */
static bool is_narrow(int proc_fd, pid_t tid, uint64_t stack)
{
	_cleanup_(closep) int fd = -1;
	uint32_t words[2];

	if (sizeof(long) < 8 || stack > UINT32_MAX)
		return false;
	fd = open_of(proc_fd, tid, "auxv");
	return fd >= 0 && read(fd, words, sizeof(words)) == sizeof(words) && words[1] != 0;
}

/* True when it should be looked at again: "running". */
static bool still_running(int i)
{
	const struct timespec nap = {.tv_nsec = FIRST_NAP_NS << (i > YIELDS ? i - YIELDS : 0)};

	if (i >= YIELDS + NAPS)
		return false;
	if (i < YIELDS)
		sched_yield();
	else
		nanosleep(&nap, NULL);
	return true;
}

/* "257 0xffffff9c 0x7ffd… …": the number of the call, its six arguments, the stack. */
static bool read_call(int proc_fd, pid_t tid, struct call *ret_call)
{
	_cleanup_(closep) int fd = open_of(proc_fd, tid, "syscall");
	char line[256], *at = line;
	ssize_t n;

	if (fd < 0)
		return false;
	for (int i = 0; at == line; i++) {
		n = pread(fd, line, sizeof(line) - 1, 0);
		if (n <= 0)
			return false;
		line[n] = '\0';
		ret_call->number = strtol(line, &at, 10);
		if (at == line && !still_running(i))
			return false;
	}
	for (int i = 0; i < 6; i++)
		ret_call->arguments[i] = strtoull(at, &at, 16);
	ret_call->narrow = is_narrow(proc_fd, tid, strtoull(at, &at, 16));
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
	struct call call;

	if (tid <= 0 || proc_fd < 0 || !read_call(proc_fd, tid, &call) || call.narrow)
		return -ESRCH;
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (calls[i].number == call.number)
			return read_string(proc_fd, tid, call.arguments[calls[i].argument], buffer,
					   size);
	return -ENOENT;
}

/* As execve(2), of 32-bit programs on x86 as well. */
enum { NARROW_EXECVE = 11, NARROW_EXECVEAT_X86 = 358, NARROW_EXECVEAT_ARM = 387 };

bool caller_executes(int proc_fd, pid_t tid)
{
	struct call call;

	if (tid <= 0 || proc_fd < 0 || !read_call(proc_fd, tid, &call))
		return false;
	if (call.narrow)
		return call.number == NARROW_EXECVE || call.number == NARROW_EXECVEAT_X86 ||
		       call.number == NARROW_EXECVEAT_ARM;
	return call.number == SYS_execve || call.number == SYS_execveat;
}

/* The numbers that 32-bit programs have for getdents64(2), getdents(2), readdir(2); open_by_handle_at(2). */
#if defined(__x86_64__)
static const long narrow_listing[] = {220, 141, 89}, narrow_handle = 342;
#else
static const long narrow_listing[] = {217, 141, 89}, narrow_handle = 371;
#endif

static enum caller_at narrow_at(long number)
{
	if (number == narrow_handle)
		return CALLER_AT_HANDLE;
	for (size_t i = 0; i < sizeof(narrow_listing) / sizeof(*narrow_listing); i++)
		if (number == narrow_listing[i])
			return CALLER_AT_LISTING;
	return CALLER_ELSEWHERE;
}

enum caller_at caller_at(int proc_fd, pid_t tid)
{
	struct call call;

	if (tid <= 0 || proc_fd < 0 || !read_call(proc_fd, tid, &call))
		return CALLER_ELSEWHERE;
#ifdef __x86_64__
	if (call.number & X32) { /* narrow, and counts as the others do */
		call.number &= ~X32;
		call.narrow = false;
	}
#endif
	if (call.narrow)
		return narrow_at(call.number);
#ifdef SYS_getdents
	if (call.number == SYS_getdents)
		return CALLER_AT_LISTING;
#endif
	if (call.number == SYS_getdents64)
		return CALLER_AT_LISTING;
	return call.number == SYS_open_by_handle_at ? CALLER_AT_HANDLE : CALLER_ELSEWHERE;
}
