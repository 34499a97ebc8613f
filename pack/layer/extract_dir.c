// SPDX-License-Identifier: BSD-2-Clause
#include "pack/layer/extract_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"

#define SUFFIX ".importing"

/* ---- removing ---- */

/* Replace *fd by the directory `name` in it ("..": the one above). */
static int move_to(int *fd, const char *name)
{
	int next = openat(*fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (next < 0)
		return -errno;
	close(*fd);
	*fd = next;
	return 0;
}

/* Unlink what can be in one directory; *ret_name is a directory to be emptied first, or NULL. */
static int unlink_files(int fd, char **ret_name)
{
	_cleanup_(closedirp) DIR *dir = NULL;
	struct dirent *item;
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*ret_name = NULL;
	dir = copy < 0 ? NULL : fdopendir(copy);
	if (!dir)
		return -errno;
	while ((item = readdir(dir))) {
		if (strcmp(item->d_name, ".") == 0 || strcmp(item->d_name, "..") == 0)
			continue;
		if (unlinkat(fd, item->d_name, 0) == 0 ||
		    unlinkat(fd, item->d_name, AT_REMOVEDIR) == 0 || errno == ENOENT)
			continue;
		if (errno != ENOTEMPTY && errno != EEXIST)
			return -errno;
		*ret_name = strdup(item->d_name);
		return *ret_name ? 0 : -ENOMEM;
	}
	return 0;
}

struct names {
	ARRAY(char *) stack; /* of the directories we are in */
};

static void names_release(struct names *names)
{
	for (size_t i = 0; i < names->stack.count; i++)
		free(names->stack.items[i]);
	array_release(&names->stack);
}

/* Walks down and up with one descriptor: a hostile tree may be deeper than we may have open files.
 */
int extract_remove_below(int dirfd)
{
	_cleanup_(closep) int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_(names_release) struct names names = {.stack = ARRAY_INIT};
	int r = fd < 0 ? -errno : 0;

	while (r == 0) {
		_cleanup_(freep) char *name = NULL;

		r = unlink_files(fd, &name);
		if (r == 0 && name) {
			fchmodat(fd, name, 0700, 0);
			r = move_to(&fd, name);
			if (r == 0 && array_push(&names.stack, take(name)) < 0)
				r = -ENOMEM;
		} else if (r == 0 && names.stack.count) {
			name = names.stack.items[--names.stack.count];
			r = move_to(&fd, "..");
			if (r == 0 && unlinkat(fd, name, AT_REMOVEDIR) < 0)
				r = -errno;
		} else {
			break;
		}
	}
	return r;
}

/* ---- the hidden directory ---- */

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int open_parent(const char *path)
{
	_cleanup_(freep) char *parent = strndup(path, (size_t)(last_part(path) - path));

	if (!parent)
		return -ENOMEM;
	return open(*parent ? parent : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static bool is_left(int fd)
{
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && st.st_uid == geteuid() && flock(fd, LOCK_EX | LOCK_NB) == 0;
}

void extract_dir_sweep(int parent, const char *prefix)
{
	int copy = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_(closedirp) DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *item;

	while (dir && (item = readdir(dir))) {
		_cleanup_(closep) int left = -1;

		if (strcmp(item->d_name, ".") == 0 || strcmp(item->d_name, "..") == 0 ||
		    strncmp(item->d_name, prefix, strlen(prefix)) != 0)
			continue;
		left = openat(parent, item->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (is_left(left) && extract_remove_below(left) == 0)
			unlinkat(parent, item->d_name, AT_REMOVEDIR);
	}
}

/*
 * Whoever extracts holds a lock on its directory; one that nobody holds was left by a process that
 * was killed.
 */
static void sweep(const char *path)
{
	_cleanup_(closep) int fd = open_parent(path);
	char prefix[256];

	snprintf(prefix, sizeof(prefix), ".%.200s" SUFFIX ".", last_part(path));
	if (fd >= 0)
		extract_dir_sweep(fd, prefix);
}

static int check_free(const char *path, struct error *err)
{
	_cleanup_(closedirp) DIR *dir = opendir(path);
	struct dirent *item;

	if (!dir && errno == ENOENT)
		return 0;
	if (!dir)
		return error_errno(err, "cannot use '%s'", path);
	while ((item = readdir(dir)))
		if (strcmp(item->d_name, ".") != 0 && strcmp(item->d_name, "..") != 0)
			return error_set(err, -ENOTEMPTY, "'%s' exists and is not empty", path);
	return 0;
}

int extract_dir_open(struct extract_dir *dir, const char *path, struct error *err)
{
	size_t length = strlen(path);
	int r;

	*dir = (struct extract_dir)EXTRACT_DIR_INIT;
	while (length > 1 && path[length - 1] == '/')
		length--;
	dir->path = strndup(path, length);
	if (!dir->path)
		return error_oom(err);
	r = check_free(dir->path, err);
	if (r < 0)
		return r;
	sweep(dir->path);
	if (asprintf(&dir->temporary, "%.*s.%.200s" SUFFIX ".XXXXXX",
		     (int)(last_part(dir->path) - dir->path), dir->path,
		     last_part(dir->path)) < 0) {
		dir->temporary = NULL;
		return error_oom(err);
	}
	if (!mkdtemp(dir->temporary)) {
		r = error_errno(err, "cannot create '%s'", path);
		free(take(dir->temporary));
		return r;
	}
	dir->fd = open(dir->temporary, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir->fd < 0 || flock(dir->fd, LOCK_EX | LOCK_NB) < 0)
		return error_errno(err, "cannot create '%s'", path);
	return 0;
}

int extract_dir_publish(struct extract_dir *dir, mode_t mode, struct error *err)
{
	if (syncfs(dir->fd) < 0 || fchmod(dir->fd, mode) < 0)
		return error_errno(err, "cannot write '%s'", dir->path);
	/* over an empty directory rename(2) is allowed, over anything else it is refused */
	if (rename(dir->temporary, dir->path) < 0)
		return error_errno(err, "cannot create '%s'", dir->path);
	free(take(dir->temporary));
	return 0;
}

void extract_dir_release(struct extract_dir *dir)
{
	int saved = errno;

	if (dir->temporary) {
		if (dir->fd >= 0) {
			fchmod(dir->fd, 0700);
			extract_remove_below(dir->fd);
		}
		rmdir(dir->temporary);
	}
	closep(&dir->fd);
	free(dir->temporary);
	free(dir->path);
	*dir = (struct extract_dir)EXTRACT_DIR_INIT;
	errno = saved;
}
