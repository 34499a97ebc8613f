// SPDX-License-Identifier: BSD-2-Clause
#include "fs/requests.h"

#include <linux/fuse.h>
#include <stddef.h>

/* The last is for all that have no name here. */
enum { KINDS = 64 };

static const char *const names[KINDS] = {
	[FUSE_LOOKUP] = "lookup",
	[FUSE_FORGET] = "forget",
	[FUSE_GETATTR] = "getattr",
	[FUSE_SETATTR] = "setattr",
	[FUSE_READLINK] = "readlink",
	[FUSE_SYMLINK] = "symlink",
	[FUSE_MKNOD] = "mknod",
	[FUSE_MKDIR] = "mkdir",
	[FUSE_UNLINK] = "unlink",
	[FUSE_RMDIR] = "rmdir",
	[FUSE_RENAME] = "rename",
	[FUSE_LINK] = "link",
	[FUSE_OPEN] = "open",
	[FUSE_READ] = "read",
	[FUSE_WRITE] = "write",
	[FUSE_STATFS] = "statfs",
	[FUSE_RELEASE] = "release",
	[FUSE_FSYNC] = "fsync",
	[FUSE_SETXATTR] = "setxattr",
	[FUSE_GETXATTR] = "getxattr",
	[FUSE_LISTXATTR] = "listxattr",
	[FUSE_REMOVEXATTR] = "removexattr",
	[FUSE_FLUSH] = "flush",
	[FUSE_INIT] = "init",
	[FUSE_OPENDIR] = "opendir",
	[FUSE_READDIR] = "readdir",
	[FUSE_RELEASEDIR] = "releasedir",
	[FUSE_FSYNCDIR] = "fsyncdir",
	[FUSE_ACCESS] = "access",
	[FUSE_CREATE] = "create",
	[FUSE_INTERRUPT] = "interrupt",
	[FUSE_IOCTL] = "ioctl",
	[FUSE_BATCH_FORGET] = "batch_forget",
	[FUSE_FALLOCATE] = "fallocate",
	[FUSE_READDIRPLUS] = "readdirplus",
	[FUSE_RENAME2] = "rename2",
	[FUSE_LSEEK] = "lseek",
	[FUSE_COPY_FILE_RANGE] = "copy_file_range",
	[KINDS - 1] = "other",
};

static uint64_t counts[KINDS];

void requests_count(uint32_t opcode)
{
	if (opcode >= KINDS || !names[opcode])
		opcode = KINDS - 1;
	__atomic_fetch_add(&counts[opcode], 1, __ATOMIC_RELAXED);
}

const char *requests_next(unsigned int *at, uint64_t *ret_count)
{
	for (; *at < KINDS; (*at)++) {
		*ret_count = __atomic_load_n(&counts[*at], __ATOMIC_RELAXED);
		if (*ret_count)
			return names[(*at)++];
	}
	return NULL;
}
