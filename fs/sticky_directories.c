// SPDX-License-Identifier: BSD-2-Clause
#include "fs/sticky_directories.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/text.h"
#include "fs/acl.h"

struct walk {
	int source_fd, upper_fd;
	struct text path; /* of the directory in hand, with its slash; "" is the root */
	ARRAY(char *) made;
};

/* But for the marks that overlayfs puts on what is its own. */
static void xattrs_copy(int from, int to)
{
	_cleanup_(freep) char *names = malloc(XATTR_LIST_MAX), *value = malloc(XATTR_SIZE_MAX);
	ssize_t size = names && value ? flistxattr(from, names, XATTR_LIST_MAX) : -1;

	for (ssize_t at = 0; at < size; at += (ssize_t)strlen(names + at) + 1) {
		ssize_t n = fgetxattr(from, names + at, value, XATTR_SIZE_MAX);

		if (n >= 0 && strncmp(names + at, "trusted.overlay.", 16) != 0 &&
		    strncmp(names + at, "user.overlay.", 13) != 0)
			fsetxattr(to, names + at, value, (size_t)n, 0);
	}
}

int directory_attributes_copy(int from, int to)
{
	struct stat st;

	if (fstat(from, &st) < 0)
		return -errno;
	xattrs_copy(from, to);
	if (fgetxattr(to, ACL_ACCESS, NULL, 0) < 0) {
		char path[40];

		snprintf(path, sizeof(path), "/proc/self/fd/%d", from);
		acl_narrow_path(path, &st.st_mode);
	}
	/* the owner may not exist in this user namespace: as good as it gets */
	if (fchown(to, st.st_uid, st.st_gid) < 0 && errno != EINVAL && errno != EPERM)
		return -errno;
	return fchmod(to, st.st_mode & 07777) < 0 ? -errno : 0;
}

static bool attributes_copy(const struct walk *walk, const char *path)
{
	_cleanup_(closep) int from = -1, to = -1;

	from = openat(walk->source_fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	to = openat(walk->upper_fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return from >= 0 && to >= 0 && directory_attributes_copy(from, to) == 0;
}

static void make_one(struct walk *walk, const char *path)
{
	char *copy;

	if (mkdirat(walk->upper_fd, path, 0700) < 0)
		return; /* of an earlier run: whatever it has become is right */
	if (!attributes_copy(walk, path)) {
		unlinkat(walk->upper_fd, path, AT_REMOVEDIR);
		return;
	}
	copy = strdup(path);
	if (copy && array_push(&walk->made, copy) < 0)
		free(copy);
}

/* The directory and those on the way to it. */
static void make_all(struct walk *walk, char *path)
{
	for (char *slash = path; (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = '\0';
		make_one(walk, path);
	}
	make_one(walk, path);
}

static void times_copy(struct walk *walk)
{
	for (size_t i = 0; i < walk->made.count; i++) {
		const char *path = walk->made.items[i];
		struct stat st;

		if (fstatat(walk->source_fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0)
			utimensat(walk->upper_fd, path,
				  (struct timespec[2]){st.st_atim, st.st_mtim},
				  AT_SYMLINK_NOFOLLOW);
		free(walk->made.items[i]);
	}
	array_release(&walk->made);
}

static void look_below(struct walk *walk, int fd, int depth);

static void look_at(struct walk *walk, int parent, const char *name, int depth)
{
	size_t before = walk->path.size;
	_cleanup_(closep) int fd = -1;
	struct stat st;

	if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode) ||
	    text_add(&walk->path, name) < 0)
		return;
	if (st.st_mode & S_ISVTX)
		make_all(walk, walk->path.bytes);
	if (depth < STICKY_DEPTH)
		fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && text_add_char(&walk->path, '/') == 0)
		look_below(walk, take_fd(&fd), depth + 1);
	walk->path.size = before;
	walk->path.bytes[before] = '\0';
}

/* Takes fd. */
static void look_below(struct walk *walk, int fd, int depth)
{
	_cleanup_(closedirp) DIR *dir = fdopendir(fd);
	const struct dirent *entry;

	if (!dir) {
		close(fd);
		return;
	}
	while ((entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN))
			look_at(walk, dirfd(dir), entry->d_name, depth);
}

void sticky_directories_prepare(int source_fd, int upper_fd)
{
	struct walk walk = {
		.source_fd = source_fd, .upper_fd = upper_fd, .path = TEXT_INIT, .made = ARRAY_INIT};
	int fd = openat(source_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		look_below(&walk, fd, 1);
	times_copy(&walk);
	text_release(&walk.path);
}
