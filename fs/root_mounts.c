// SPDX-License-Identifier: BSD-2-Clause
#include "fs/root_mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/log.h"
#include "db/base/mounts.h"
#include "db/base/path.h"
#include "fs/filesystem.h"

/* Its path inside; "" for the root itself. */
static const char *inside(const struct root_mounts *mounts, const char *path)
{
	if (strcmp(mounts->source, "/") == 0)
		return path[1] ? path : "";
	return path + strlen(mounts->source);
}

static bool is_taken(const struct root_mounts *mounts, const char *path)
{
	for (size_t i = 0; i < mounts->list.count; i++)
		if (path_is_within(path, mounts->list.items[i].path))
			return true;
	return false;
}

/* Clone what is seen at `path` and note it for `place`. What is not there is left. */
static int take_one(struct root_mounts *mounts, const char *path, const char *place)
{
	_cleanup_(closep) int fd = -1;
	struct root_mount mount;
	struct stat st;

	fd = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE |
						AT_SYMLINK_NOFOLLOW);
	if (fd < 0 || fstat(fd, &st) < 0)
		return 0;
	mount = (struct root_mount){.path = strdup(place), .fd = fd,
				    .directory = S_ISDIR(st.st_mode)};
	if (!mount.path || array_push(&mounts->list, mount) < 0) {
		free(mount.path);
		return -ENOMEM;
	}
	take_fd(&fd);
	return 0;
}

/* Is it seen, and not covered by a mount over a directory above it? */
static bool is_mount_point(const char *path, bool *ret_directory)
{
	struct statx stx;

	if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC,
		  STATX_TYPE, &stx) < 0)
		return false;
	*ret_directory = S_ISDIR(stx.stx_mode);
	return stx.stx_attributes & STATX_ATTR_MOUNT_ROOT;
}

static int consider(const struct mount_line *line, void *data)
{
	struct root_mounts *mounts = data;
	const char *place;
	bool directory;

	if (!path_is_within(line->path, mounts->source))
		return 0;
	place = inside(mounts, line->path);
	/* a disk's directories belong to what is traced; a file over a file is seen by mounting alone */
	if (!*place || is_taken(mounts, place) || !is_mount_point(line->path, &directory) ||
	    (!mounts->disks_too && directory && filesystem_is_on_disk(line->type)))
		return 0;
	return take_one(mounts, line->path, place);
}

int root_mounts_take(struct root_mounts *mounts, const char *source, bool disks_too,
		     struct error *err)
{
	static const char *const always[] = {"/sys", "/dev"};
	int r;

	*mounts = (struct root_mounts){.source = source, .disks_too = disks_too};
	r = mounts_each(consider, mounts);
	for (size_t i = 0; r == 0 && i < sizeof(always) / sizeof(*always); i++)
		if (strcmp(source, "/") != 0 && !is_taken(mounts, always[i]))
			r = take_one(mounts, always[i], always[i]);
	return r < 0 ? error_oom(err) : 0;
}

void root_mounts_release(struct root_mounts *mounts)
{
	for (size_t i = 0; i < mounts->list.count; i++) {
		close(mounts->list.items[i].fd);
		free(mounts->list.items[i].path);
	}
	array_release(&mounts->list);
}

/* Links are followed as the root's own, and never out of it. */
static int open_in(int rootfd, const char *path, int flags)
{
	struct open_how how = {.flags = (unsigned int)flags | O_CLOEXEC,
			       .mode = flags & O_CREAT ? 0644 : 0,
			       .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
	long fd = syscall(SYS_openat2, rootfd, path, &how, sizeof(how));

	return fd < 0 ? -errno : (int)fd;
}

int root_mounts_place(int rootfd, const char *path, bool directory, bool make)
{
	_cleanup_(closep) int parent = -1, made = -1;
	_cleanup_(freep) char *above = NULL;
	int r = open_in(rootfd, path, O_PATH);

	if (r != -ENOENT || !make)
		return r;
	above = path_parent(path);
	if (!above)
		return -ENOMEM;
	parent = root_mounts_place(rootfd, above, true, true);
	if (parent < 0)
		return parent;
	if (directory && mkdirat(parent, path_name(path), 0755) < 0 && errno != EEXIST)
		return -errno;
	if (!directory) {
		made = open_in(parent, path_name(path), O_WRONLY | O_CREAT);
		if (made < 0)
			return made;
	}
	return open_in(rootfd, path, O_PATH);
}

static int put_one(const struct root_mount *mount, int rootfd, bool make)
{
	_cleanup_(closep) int place = -1;
	int r;

	r = place = root_mounts_place(rootfd, mount->path, mount->directory, make);
	if (r >= 0 && move_mount(mount->fd, "", place, "",
				 MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		r = -errno;
	return r < 0 ? r : 0;
}

int root_mounts_put(const struct root_mounts *mounts, int rootfd, bool make, struct error *err)
{
	for (size_t i = 0; i < mounts->list.count; i++) {
		const struct root_mount *mount = &mounts->list.items[i];
		int r = put_one(mount, rootfd, make);

		if (r == -ENOENT || r == -ENOTDIR)
			log_note("the root has no %s, so what is mounted there is left out",
				 mount->path);
		else if (r < 0)
			return error_code(err, r, "cannot put %s into the traced root", mount->path);
	}
	return 0;
}

int root_mounts_proc(const char *proc, struct error *err)
{
	static const struct parameter none[] = {{"source", "proc"}, {NULL, NULL}};
	struct root_mounts covers = {.source = proc, .disks_too = true};
	_cleanup_(closep) int fd = -1, root = -1;
	int r;

	r = fd = filesystem_make("proc", none,
				 MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
				 "cannot make a new /proc", err);
	if (r < 0)
		return r;
	r = mounts_each(consider, &covers);
	if (r == 0)
		r = filesystem_attach(fd, proc);
	if (r == 0)
		r = root = open(proc, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (r >= 0)
		r = root_mounts_put(&covers, root, false, err);
	else
		error_code(err, r, "cannot mount a new /proc at %s", proc);
	root_mounts_release(&covers);
	return r;
}
