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
	struct sticky_directories *list;
	int source_fd;
	struct text path; /* of the directory in hand, with its slash; "" is the root */
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

static int attributes_copy(int from, int to, const struct stat *st)
{
	mode_t mode = st->st_mode;
	char path[40];

	xattrs_copy(from, to);
	if (fgetxattr(to, ACL_ACCESS, NULL, 0) < 0) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", from);
		acl_narrow_path(path, &mode);
	}
	/* the owner may not exist in this user namespace: as good as it gets */
	if (fchown(to, st->st_uid, st->st_gid) < 0 && errno != EINVAL && errno != EPERM)
		return -errno;
	return fchmod(to, mode & 07777) < 0 ? -errno : 0;
}

static int make_one(int source_fd, int upper_fd, const struct sticky_directory *directory)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	_cleanup_(closep) int from = openat(source_fd, directory->path, flags);
	_cleanup_(closep) int to = openat(upper_fd, directory->path, flags);

	return from < 0 || to < 0 ? -errno : attributes_copy(from, to, &directory->st);
}

int sticky_directories_make(struct sticky_directories *list, int source_fd, int upper_fd)
{
	int r = make_one(source_fd, upper_fd, &list->items[0]);

	list->items[0].made = true;
	for (size_t i = 1; i < list->count; i++) {
		struct sticky_directory *d = &list->items[i];

		/* one of an earlier run: whatever it has become is right */
		d->made = mkdirat(upper_fd, d->path, 0700) == 0;
		if (d->made && make_one(source_fd, upper_fd, d) < 0) {
			unlinkat(upper_fd, d->path, AT_REMOVEDIR);
			d->made = false;
		}
	}
	for (size_t i = list->count; i-- > 0;) {
		const struct sticky_directory *d = &list->items[i];
		struct timespec times[2] = {d->st.st_atim, d->st.st_mtim};

		if (d->made)
			utimensat(upper_fd, d->path, times, AT_SYMLINK_NOFOLLOW);
	}
	return r;
}

static int add(struct walk *walk, const char *path)
{
	struct sticky_directory new = {.path = strdup(path)};
	int r = -ENOMEM;

	if (new.path && fstatat(walk->source_fd, path, &new.st, AT_SYMLINK_NOFOLLOW) < 0)
		r = -errno;
	else if (new.path)
		r = array_push(walk->list, new);
	if (r < 0)
		free(new.path);
	return r;
}

static bool is_there(const struct walk *walk, const char *path)
{
	for (size_t i = walk->list->count; i-- > 0;)
		if (strcmp(walk->list->items[i].path, path) == 0)
			return true;
	return false;
}

/* The directory, which is new, and those on the way to it, which need not be. */
static void add_all(struct walk *walk, char *path)
{
	for (char *slash = path; (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = '\0';
		if (!is_there(walk, path))
			add(walk, path);
	}
	add(walk, path);
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
		add_all(walk, walk->path.bytes);
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

int sticky_directories_find(struct sticky_directories *list, int source_fd)
{
	struct walk walk = {.list = list, .source_fd = source_fd, .path = TEXT_INIT};
	int fd = openat(source_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = fd < 0 ? -errno : add(&walk, ".");

	if (r == 0)
		look_below(&walk, take_fd(&fd), 1);
	closep(&fd);
	text_release(&walk.path);
	return r;
}

void sticky_directories_release(struct sticky_directories *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i].path);
	array_release(list);
}
