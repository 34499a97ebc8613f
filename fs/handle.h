/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an open file is to us: the number that the kernel hands back with each request, fi->fh. 0: the
 * kernel reads and writes it by itself. Else there is a descriptor of ours in it, which never is 0;
 * perhaps a second one that goes past the page cache; and perhaps the kernel has a file of its own
 * besides, for mapping.
 *
 * The last is for files whose flags the caller may change while they are open. The kernel opens its
 * file with the flags of open(2) and never hears of fcntl(2); but each read and write that it asks
 * of us says which flags hold now.
 */
#ifndef FS_HANDLE_H
#define FS_HANDLE_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>

#define HANDLE_BACKED (UINT64_C(1) << 63)

/* direct: 0 where there is none. */
static inline uint64_t handle_make(int fd, int direct, bool backed)
{
	return (uint64_t)(uint32_t)fd | (uint64_t)(uint32_t)direct << 32 | (backed ? HANDLE_BACKED : 0);
}

static inline int handle_fd(uint64_t handle)
{
	return (int)(handle & INT32_MAX);
}

static inline int handle_direct(uint64_t handle)
{
	return (int)((handle >> 32) & INT32_MAX);
}

static inline bool handle_is_backed(uint64_t handle)
{
	return handle == 0 || (handle & HANDLE_BACKED);
}

/* Would fcntl(2) take something away from an open file with these flags? */
static inline bool handle_changes(int flags)
{
	return (flags & O_DIRECT) || ((flags & O_APPEND) && (flags & O_ACCMODE) != O_RDONLY);
}

/* The descriptor for a request that comes with these flags. */
static inline int handle_fd_for(uint64_t handle, int flags)
{
	return (flags & O_DIRECT) && handle_direct(handle) ? handle_direct(handle) : handle_fd(handle);
}

#endif
