// SPDX-License-Identifier: BSD-2-Clause
#include "fs/source.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/mounts.h"
#include "db/base/path.h"

/* A descriptor of a clone of the mount `path` is in, at `path`; or -1 with errno. */
static int clone_at(int dirfd, const char *path, unsigned int flags)
{
	return open_tree(dirfd, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | flags);
}

/* What the mount had before we changed anything: one of MOUNT_ATTR_…ATIME. */
static uint64_t atime_of(int fd)
{
	struct statvfs st;

	if (fstatvfs(fd, &st) < 0 || (st.f_flag & ST_RELATIME))
		return MOUNT_ATTR_RELATIME;
	return st.f_flag & ST_NOATIME ? MOUNT_ATTR_NOATIME : MOUNT_ATTR_STRICTATIME;
}

/*
 * Looking at a file for the manifest must not change when it was used last, nor what the kernel reads of
 * it for a mount with noatime; and where nothing is to be written, the kernel sees to it. Older
 * kernels do without.
 */
static void protect(const struct source *source, int fd, uint64_t atime)
{
	bool keeps = source->read_only || source->noatime;
	struct mount_attr attributes = {.attr_set = (keeps ? MOUNT_ATTR_NOATIME : atime) |
						    (source->read_only ? MOUNT_ATTR_RDONLY : 0),
					.attr_clr = MOUNT_ATTR__ATIME};

	mount_setattr(fd, "", AT_EMPTY_PATH, &attributes, sizeof(attributes));
}

void source_set_noatime(struct source *source, bool noatime)
{
	source->noatime = noatime;
	if (!source->cloned)
		return;
	protect(source, source->fd, source->atime);
	for (size_t i = 0; i < source->mounts.count; i++)
		protect(source, source->mounts.items[i].fd, source->mounts.items[i].atime);
}

int source_noatime_flag(const struct source *source)
{
	return source->noatime && !source->cloned ? O_NOATIME : 0;
}

/* In a user namespace the handling of access times is not ours to change; not to write includes them. */
static void protect_all(int fd, bool read_only)
{
	struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};

	if (read_only)
		mount_setattr(fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof(attributes));
}

/* Is the mount with this id what one gets to see at path? */
static int open_visible(const char *path, uint64_t id)
{
	_cleanup_(closep) int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct statx stx;

	if (fd < 0 || statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &stx) < 0 || stx.stx_mnt_id != id)
		return -1;
	return take_fd(&fd);
}

/* Clone the mount at host path `path` and remember it under its path inside the source. */
static int mount_add(struct source *source, const char *path, uint64_t id)
{
	_cleanup_(closep) int visible = open_visible(path, id), fd = -1;
	struct source_mount mount;
	struct stat st;

	if (visible < 0)
		return 0; /* covered by another mount */
	fd = clone_at(visible, "", AT_EMPTY_PATH);
	if (fd < 0 || fstat(fd, &st) < 0)
		return 0;
	mount.atime = atime_of(fd);
	protect(source, fd, mount.atime);
	mount.path = strdup(strcmp(source->path, "/") == 0 ? path : path + strlen(source->path));
	mount.fd = fd;
	if (!mount.path || array_push(&source->mounts, mount) < 0) {
		free(mount.path);
		return -ENOMEM;
	}
	take_fd(&fd);
	return 0;
}

static int mount_consider(const struct mount_line *mount, void *data)
{
	struct source *source = data;

	if (strcmp(mount->path, source->path) == 0 || !path_is_within(mount->path, source->path) ||
	    !filesystem_is_on_disk(mount->type))
		return 0;
	return mount_add(source, mount->path, mount->id);
}

static int mounts_clone(struct source *source, struct error *err)
{
	return mounts_each(mount_consider, source) < 0 ? error_oom(err) : 0;
}

/*
 * Where mounts of another user are inside, as in a user namespace, they can only be cloned together,
 * and none can be taken out. What does not belong to the source is covered by an empty directory
 * then, which takes a mount namespace to do it in, which takes a thread to be in it.
 */
struct cover {
	struct source *source;
	bool xdev;
	bool mounts_inside;
	ARRAY(char *) paths; /* where; known before the first, which may be /proc */
};

static int cover_consider(const struct mount_line *line, void *data)
{
	struct cover *cover = data;
	char *path;

	if (strcmp(line->path, cover->source->path) == 0 ||
	    !path_is_within(line->path, cover->source->path))
		return 0;
	cover->mounts_inside = true;
	if (!cover->xdev && filesystem_is_on_disk(line->type))
		return 0;
	path = strdup(line->path);
	if (!path || array_push(&cover->paths, path) < 0) {
		free(path);
		return -ENOMEM;
	}
	return 0;
}

static void cover_all(struct cover *cover)
{
	for (size_t i = 0; i < cover->paths.count; i++) {
		/* not a file, nor what is below another that was covered: no harm done */
		mount("tracefs", cover->paths.items[i], "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV,
		      "mode=0755");
		free(cover->paths.items[i]);
	}
	array_release(&cover->paths);
}

static void *clone_covered(void *data)
{
	struct cover *cover = data;
	struct source *source = cover->source;
	int r;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return NULL;
	r = mounts_each(cover_consider, cover);
	cover_all(cover);
	source->mounts_inside = cover->mounts_inside;
	if (r == 0)
		source->fd = clone_at(AT_FDCWD, source->path, AT_RECURSIVE);
	if (source->fd >= 0)
		protect_all(source->fd, source->read_only);
	return NULL;
}

static void clone_all(struct source *source, bool xdev)
{
	struct cover cover = {.source = source, .xdev = xdev};
	pthread_t thread;

	if (pthread_create(&thread, NULL, clone_covered, &cover) == 0)
		pthread_join(thread, NULL);
}

/* What is mounted inside is always on a disk. */
static bool is_distant(int fd)
{
	static const uint32_t kinds[] = {AFS_SUPER_MAGIC,  CEPH_SUPER_MAGIC, CIFS_SUPER_MAGIC,
					 CODA_SUPER_MAGIC, FUSE_SUPER_MAGIC, NFS_SUPER_MAGIC,
					 OCFS2_SUPER_MAGIC, SMB2_SUPER_MAGIC, V9FS_MAGIC};
	struct statfs st;

	if (fstatfs(fd, &st) < 0)
		return true;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if ((uint32_t)st.f_type == kinds[i])
			return true;
	return false;
}

int source_open(struct source *source, const char *path, bool xdev, bool read_only, bool noatime,
		struct error *err)
{
	struct stat st;

	*source = (struct source){.fd = -1, .read_only = read_only, .noatime = noatime};
	source->path = realpath(path, NULL);
	if (!source->path)
		return error_errno(err, "source %s", path);
	source->fd = clone_at(AT_FDCWD, source->path, 0);
	source->cloned = source->fd >= 0;
	if (source->cloned) {
		source->atime = atime_of(source->fd);
		protect(source, source->fd, source->atime);
	}
	if (source->fd < 0)
		clone_all(source, xdev);
	if (source->fd < 0)
		source->fd = open(source->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (source->fd < 0 || fstat(source->fd, &st) < 0)
		return error_errno(err, "cannot open the source %s", path);
	if (!S_ISDIR(st.st_mode))
		return error_set(err, -ENOTDIR, "source %s is not a directory", path);
	source->distant = is_distant(source->fd);
	return xdev || !source->cloned ? 0 : mounts_clone(source, err);
}

struct opening {
	struct source source;
	bool xdev;
};

static int open_inside(void *data, int fds[ELSEWHERE_FDS], struct error *err)
{
	struct opening *opening = data;

	clone_all(&opening->source, opening->xdev);
	fds[0] = opening->source.fd;
	return fds[0] < 0 ? error_set(err, -EPERM, "cannot clone the source %s in the namespace",
				      opening->source.path)
			  : 0;
}

int source_open_in(struct source *source, const struct elsewhere *ns, const char *path, bool xdev,
		   bool read_only, struct error *err)
{
	struct opening opening = {.source = {.fd = -1, .read_only = read_only}, .xdev = xdev};
	int fds[ELSEWHERE_FDS], r;

	*source = opening.source;
	source->path = opening.source.path = realpath(path, NULL);
	if (!source->path)
		return error_errno(err, "source %s", path);
	r = elsewhere_call(ns, open_inside, &opening, sizeof(opening), fds, err);
	source->fd = fds[0];
	source->mounts_inside = opening.source.mounts_inside;
	if (r == 0)
		source->distant = is_distant(source->fd);
	return r;
}

void source_release(struct source *source)
{
	for (size_t i = 0; i < source->mounts.count; i++) {
		free(source->mounts.items[i].path);
		close(source->mounts.items[i].fd);
	}
	array_release(&source->mounts);
	closep(&source->fd);
	free(source->path);
}

int source_mount_at(const struct source *source, const char *path)
{
	for (size_t i = 0; i < source->mounts.count; i++)
		if (strcmp(source->mounts.items[i].path, path) == 0)
			return source->mounts.items[i].fd;
	return -1;
}
