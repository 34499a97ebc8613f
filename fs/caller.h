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

/*
 * Is it listing a directory? Whoever lists does not name what is in there: a lookup or a stat that
 * comes meanwhile is the kernel's own. False where it cannot be seen. Reads a file of /proc, two for a
 * 32-bit program.
 */
bool caller_is_listing(int proc_fd, pid_t tid);

#endif
