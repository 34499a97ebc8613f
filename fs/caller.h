/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the thread we are about to answer is at: its system call, and what it named there. The kernel walks a path part by
 * part and tells a file system no more than the part it has come to; the rest is in the memory of the
 * caller, who waits. A hint, not a fact: another thread may be writing there.
 */
#ifndef FS_CALLER_H
#define FS_CALLER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * proc_fd is /proc. 0 and the path in buffer as it was given, relative or not; -ENOENT when the call
 * is none that names a path, -ESRCH when it cannot be seen. Reads two files of /proc. 32-bit programs
 * are not looked into.
 */
int caller_path(int proc_fd, pid_t tid, char *buffer, size_t size);

/* Is it executing a file? False too where that cannot be read. */
bool caller_executes(int proc_fd, pid_t tid);
/*
 * Where the kernel asks for itself: who lists a directory does not name what is in there, so that a lookup
 * or a stat meanwhile is not his; nor is the search for its name of what is opened by a handle.
 */
enum caller_at {
	CALLER_ELSEWHERE, /* or it cannot be seen */
	CALLER_AT_LISTING,
	CALLER_AT_HANDLE,
};

/* Reads a file of /proc, two for a 32-bit program. */
enum caller_at caller_at(int proc_fd, pid_t tid);

#endif
