// SPDX-License-Identifier: BSD-2-Clause
#include "db/base/open_beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"

enum { STEP_FLAGS = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

/* One part after another: for kernels and sandboxes without openat2(). */
static int open_by_parts(int dirfd, const char *path, int flags)
{
	_cleanup_(closep) int held = -1;
	const char *part, *rest = path;
	size_t length;
	int at = dirfd;

	while ((part = path_next(&rest, &length))) {
		const char *further = rest;
		size_t ignored;
		bool last = !path_next(&further, &ignored);
		char name[NAME_MAX + 1];
		int fd;

		if (length > NAME_MAX)
			return -ENAMETOOLONG;
		memcpy(name, part, length);
		name[length] = '\0';
		fd = openat(at, name, last ? flags | O_NOFOLLOW | O_CLOEXEC : STEP_FLAGS);
		if (fd < 0)
			return errno == ENOTDIR && !last ? -ELOOP : -errno;
		closep(&held);
		held = at = fd;
	}
	return take_fd(&held);
}

static int open_step(int dirfd, const char *path, int flags)
{
	struct open_how how = {
		.flags = (unsigned int)(flags | O_NOFOLLOW | O_CLOEXEC),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};
	long fd;

	/* O_PATH on a final link gives the link itself, which RESOLVE_NO_SYMLINKS allows */
	fd = syscall(SYS_openat2, dirfd, path, &how, sizeof(how));
	if (fd >= 0)
		return (int)fd;
	/* no such call, or a sandbox that forbids it (also O_NOATIME on the file of another owner) */
	if (errno == ENOSYS || errno == EPERM)
		return open_by_parts(dirfd, path, flags);
	return -errno;
}

int open_beneath(int rootfd, const char *path, int flags)
{
	_cleanup_(closep) int held = -1;
	int at = rootfd;

	while (*path == '/')
		path++;
	if (*path == '\0')
		return open_step(rootfd, ".", flags);
	while (strlen(path) >= PATH_MAX) {
		char step[PATH_MAX];
		size_t length = PATH_MAX - 1;
		int fd;

		while (length && path[length] != '/')
			length--;
		if (!length)
			return -ENAMETOOLONG;
		memcpy(step, path, length);
		step[length] = '\0';
		fd = open_step(at, step, STEP_FLAGS);
		if (fd < 0)
			return fd;
		closep(&held);
		held = at = fd;
		path += length + 1;
	}
	return open_step(at, path, flags);
}
