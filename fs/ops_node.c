// SPDX-License-Identifier: BSD-2-Clause
/* Operations on a node as a whole: what it is, not what is in it. */
#include "fs/operations.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "fs/first_opens.h"
#include "fs/handle.h"

/* The target of a link, for the first sight of it; NULL when it cannot be read. */
static const char *link_target(struct tracefs *fs, struct node *node, char *buffer, size_t size)
{
	struct node_location location;
	ssize_t n = -1;

	if (node_place(&fs->nodes, node, &location) < 0)
		return NULL;
	n = readlinkat(location.fd, location.name, buffer, size - 1);
	location_release(&location);
	if (n < 0)
		return NULL;
	buffer[n] = '\0';
	return buffer;
}

static void lookup_failed(struct tracefs *fs, fuse_req_t req, struct node *parent,
			  const char *name, int error, bool listing)
{
	struct fuse_entry_param nothing = {.entry_timeout = fs->missing_timeout};

	if (!listing)
		tracefs_note(fs, req, parent, name,
			     &(struct note){.op = ACCESS_LOOKUP, .error = error});
	if (error == -ENOENT && fs->missing_timeout > 0 && !listing)
		fuse_reply_entry(req, &nothing);
	else
		fuse_reply_err(req, -error);
}

/* Only the first is what somebody asked for: with the second the kernel finds its way up. */
static void lookup_handle(struct tracefs *fs, fuse_req_t req, fuse_ino_t ino, bool parent)
{
	struct fuse_entry_param entry;
	struct node *node;
	struct stat raw;
	int r = -ESTALE;

	node = parent ? node_remember_parent(&fs->nodes, node_of(fs, ino))
		      : node_remember(&fs->nodes, (const void *)(uintptr_t)ino);
	if (node)
		r = tracefs_enter_again(fs, node, &entry, &raw);
	if (node && r == 0 && !parent)
		tracefs_note(fs, req, node, NULL, &(struct note){.op = ACCESS_LOOKUP, .st = &raw});
	if (r < 0)
		fuse_reply_err(req, -r);
	if (node && (r < 0 || fuse_reply_entry(req, &entry) == -ENOENT))
		node_forget(&fs->nodes, node, 1);
}

/* The kernel meets a name for the first time, or again after it forgot it. */
void op_lookup(fuse_req_t req, fuse_ino_t parent_ino, const char *name)
{
	struct tracefs *fs = tracefs_of(req);
	struct node *parent = node_of(fs, parent_ino), *node;
	struct note note = {.op = ACCESS_LOOKUP};
	struct fuse_entry_param entry;
	char target[PATH_MAX];
	struct stat raw;
	bool listing;
	int r;

	if (tracefs_is_handle(name)) {
		lookup_handle(fs, req, parent_ino, name[1] == '.');
		return;
	}
	if (first_opens_lookup(fs, req, parent_ino, name))
		return;
	listing = tracefs_is_listing(fs, req, parent);
	r = tracefs_enter(fs, parent, name, &entry, &raw, &node);
	if (r < 0) {
		lookup_failed(fs, req, parent, name, r, listing);
		return;
	}
	note.st = &raw;
	if (listing) /* the first who names it shall make the kernel ask again */
		entry.entry_timeout = entry.attr_timeout = 0;
	/* reading it changes its time of last use, which only a source that is kept from it allows */
	if (!listing && S_ISLNK(raw.st_mode) && fs->read_only)
		note.target = link_target(fs, node, target, sizeof(target));
	if (!listing)
		tracefs_note(fs, req, node, NULL, &note);
	if (fuse_reply_entry(req, &entry) == -ENOENT)
		node_forget(&fs->nodes, node, 1);
}

void op_forget(fuse_req_t req, fuse_ino_t ino, uint64_t nlookup)
{
	struct tracefs *fs = tracefs_of(req);

	node_forget(&fs->nodes, node_of(fs, ino), nlookup);
	fuse_reply_none(req);
}

void op_forget_multi(fuse_req_t req, size_t count, struct fuse_forget_data *forgets)
{
	struct tracefs *fs = tracefs_of(req);

	for (size_t i = 0; i < count; i++)
		node_forget(&fs->nodes, node_of(fs, forgets[i].ino), forgets[i].nlookup);
	fuse_reply_none(req);
}

static int stat_node(struct tracefs *fs, struct node *node, struct fuse_file_info *fi,
		     struct stat *ret_st)
{
	struct node_location location;
	int r;

	if (fi && fi->fh) {
		r = fstat(handle_fd(fi->fh), ret_st) < 0 ? -errno : 0;
		ret_st->st_ino = tracefs_ino(fs, ret_st->st_dev, ret_st->st_ino);
		return r;
	}
	r = node_place(&fs->nodes, node, &location);
	if (r < 0)
		return r;
	r = tracefs_stat(fs, &location, ret_st);
	location_release(&location);
	/* another kind of thing took the name behind our back: the kernel shall look it up anew */
	if (r == 0 && (ret_st->st_mode & S_IFMT) != node->type)
		return -ESTALE;
	return r;
}

void op_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct tracefs *fs = tracefs_of(req);
	struct node *node = node_of(fs, ino);
	struct stat st;
	int r;

	r = stat_node(fs, node, fi, &st);
	if (!tracefs_is_numbering(fs, req, node))
		tracefs_note(fs, req, node, NULL,
			     &(struct note){.op = ACCESS_STAT, .error = r, .st = r ? NULL : &st});
	if (r == 0)
		st.st_mode = tracefs_mode(fs, node, &st);
	if (r < 0)
		fuse_reply_err(req, -r);
	else
		fuse_reply_attr(req, &st, fs->attr_timeout);
}

static struct timespec time_of(const struct timespec *time, int to_set, int set, int now)
{
	if (to_set & now)
		return (struct timespec){.tv_nsec = UTIME_NOW};
	if (to_set & set)
		return *time;
	return (struct timespec){.tv_nsec = UTIME_OMIT};
}

static int change_size(struct tracefs *fs, struct node *node, struct fuse_file_info *fi,
		       off_t size)
{
	_cleanup_(closep) int own = -1;
	int fd = node_descriptor(fs, node, fi, O_WRONLY, &own);

	if (fd < 0)
		return fd;
	return ftruncate(fd, size) < 0 ? -errno : 0;
}

static int change_at(const struct node_location *location, const struct stat *attr, int to_set)
{
	char path[300];

	if (to_set & (FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID)) {
		uid_t uid = to_set & FUSE_SET_ATTR_UID ? attr->st_uid : (uid_t)-1;
		gid_t gid = to_set & FUSE_SET_ATTR_GID ? attr->st_gid : (gid_t)-1;

		if (fchownat(location->fd, location->name, uid, gid, location->flags) < 0)
			return -errno;
	}
	if (to_set & FUSE_SET_ATTR_MODE) {
		/* the kernel never asks this of a link, so following one hop of ours is right */
		location_proc_path(location, path, sizeof(path));
		if (chmod(path, attr->st_mode & 07777) < 0)
			return -errno;
	}
	if (to_set & (FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_MTIME)) {
		struct timespec times[2] = {
			time_of(&attr->st_atim, to_set, FUSE_SET_ATTR_ATIME,
				FUSE_SET_ATTR_ATIME_NOW),
			time_of(&attr->st_mtim, to_set, FUSE_SET_ATTR_MTIME,
				FUSE_SET_ATTR_MTIME_NOW)};
		const char *name = location->name;
		int flags = AT_SYMLINK_NOFOLLOW;

		if (!name[0]) { /* utimensat() has AT_EMPTY_PATH only since 5.8 */
			name = location_proc_path(location, path, sizeof(path));
			flags = 0;
		}
		if (utimensat(location->fd, name, times, flags) < 0)
			return -errno;
	}
	return 0;
}

void op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr, int to_set,
		struct fuse_file_info *fi)
{
	struct tracefs *fs = tracefs_of(req);
	struct node *node = node_of(fs, ino);
	struct node_location location;
	struct stat st;
	int r;

	r = node_place(&fs->nodes, node, &location);
	if (r == 0) {
		r = change_at(&location, attr, to_set);
		/* last: a change of owner clears the suid bit, and so does a new size */
		if (r == 0 && (to_set & FUSE_SET_ATTR_SIZE))
			r = change_size(fs, node, fi, attr->st_size);
		if (r == 0)
			r = tracefs_stat(fs, &location, &st);
		location_release(&location);
	}
	tracefs_note(fs, req, node, NULL,
		     &(struct note){.op = to_set & FUSE_SET_ATTR_SIZE ? ACCESS_WRITE
								      : ACCESS_SETATTR,
				    .error = r});
	if (r < 0)
		fuse_reply_err(req, -r);
	else
		fuse_reply_attr(req, &st, fs->attr_timeout);
}

void op_readlink(fuse_req_t req, fuse_ino_t ino)
{
	struct tracefs *fs = tracefs_of(req);
	struct node *node = node_of(fs, ino);
	char target[PATH_MAX + 1];
	struct node_location location;
	struct stat st;
	ssize_t n = 0;
	int r;

	r = node_place(&fs->nodes, node, &location);
	if (r == 0) {
		n = readlinkat(location.fd, location.name, target, sizeof(target) - 1);
		r = n < 0 ? -errno : fs->read_only ? 0 : location_stat(&location, &st);
		location_release(&location);
	}
	target[n > 0 ? n : 0] = '\0';
	tracefs_note(fs, req, node, NULL,
		     &(struct note){.op = ACCESS_READLINK,
				    .error = r,
				    .st = r == 0 && !fs->read_only ? &st : NULL,
				    .target = target});
	if (r < 0) {
		fuse_reply_err(req, -r);
		return;
	}
	fuse_reply_readlink(req, target);
}

void op_access(fuse_req_t req, fuse_ino_t ino, int mask)
{
	struct tracefs *fs = tracefs_of(req);
	struct node *node = node_of(fs, ino);
	struct node_location location;
	int r;

	r = node_place(&fs->nodes, node, &location);
	if (r == 0) {
		if (faccessat(location.fd, location.name, mask, location.flags) < 0)
			r = -errno;
		location_release(&location);
	}
	tracefs_note(fs, req, node, NULL, &(struct note){.op = ACCESS_ACCESS, .error = r});
	fuse_reply_err(req, -r);
}

void op_statfs(fuse_req_t req, fuse_ino_t ino)
{
	struct tracefs *fs = tracefs_of(req);
	struct node *node = ino ? node_of(fs, ino) : fs->nodes.root;
	struct statvfs st;
	struct node_location location;
	char path[300];
	int r;

	r = node_place(&fs->nodes, node, &location);
	if (r == 0 && location.name[0]) { /* a link must not be followed: its directory will do */
		location.name[0] = '\0';
	}
	if (r == 0) {
		if (statvfs(location_proc_path(&location, path, sizeof(path)), &st) < 0)
			r = -errno;
		location_release(&location);
	}
	if (r < 0)
		fuse_reply_err(req, -r);
	else
		fuse_reply_statfs(req, &st);
}
