// SPDX-License-Identifier: BSD-2-Clause
/* Files are opened, made and given back. */
#include "fs/operations.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "fs/credentials.h"
#include "fs/handle.h"

/* The kernel's own mark of an open by exec: not for open(2), but it reaches us. */
enum { OPEN_EXEC = 0x20 };

static unsigned int access_flags_of(int flags)
{
	int how = flags & O_ACCMODE;

	if (flags & OPEN_EXEC)
		return ACCESS_EXECUTING | ACCESS_READING;
	return (how != O_WRONLY ? ACCESS_READING : 0u) | (how != O_RDONLY ? ACCESS_WRITING : 0u);
}

/* What our own descriptor is opened with: the kernel has done the rest, or does it. */
static int flags_for_us(int flags)
{
	flags &= ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_NOFOLLOW | O_DIRECT | OPEN_EXEC);
	/* the kernel's page cache reads around what is written, and places appends itself */
	if ((flags & O_ACCMODE) == O_WRONLY)
		flags = (flags & ~O_ACCMODE) | O_RDWR;
	return flags & ~(O_APPEND | O_NONBLOCK);
}

/*
 * The kernel opens a backing file without asking whether it may only be appended to, or not be
 * changed at all: chattr(1) would protect nothing.
 */
static int check_writable(const struct node_location *location, int flags)
{
	struct statx stx;

	if ((flags & O_ACCMODE) == O_RDONLY)
		return 0;
	if (statx(location->fd, location->name, location->flags, STATX_TYPE, &stx) < 0)
		return -errno;
	if ((stx.stx_attributes & STATX_ATTR_IMMUTABLE) ||
	    ((stx.stx_attributes & STATX_ATTR_APPEND) && !(flags & O_APPEND)))
		return -EPERM;
	return 0;
}

/* Open for reading and writing through us: 0 and fi->fh, or a negative errno. */
static int open_here(struct tracefs *fs, const struct node_location *location,
		     struct fuse_file_info *fi)
{
	int fd = tracefs_open(fs, location, flags_for_us(fi->flags));

	if (fd == -EACCES || fd == -EPERM) /* a file one may only write to, or append to */
		fd = tracefs_open(fs, location, fi->flags & (O_ACCMODE | O_APPEND));
	if (fd < 0)
		return fd;
	fi->fh = handle_make(fd, 0, false);
	return 0;
}

static void close_here(struct fuse_file_info *fi)
{
	if (handle_direct(fi->fh))
		close(handle_direct(fi->fh));
	if (fi->fh)
		close(handle_fd(fi->fh));
	fi->fh = 0;
}

/*
 * Of a file that the kernel has an id of: serve it with our descriptor all the same, as its flags may
 * change, and where it goes past the page cache with one that does so too.
 */
static int serve_here(struct fuse_file_info *fi)
{
	int fd = handle_fd(fi->fh), direct = 0;
	char path[40];

	if (fi->flags & O_DIRECT) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		direct = open(path, (fi->flags & O_ACCMODE) | O_DIRECT | O_CLOEXEC);
	}
	if (direct < 0)
		return -errno;
	fi->fh = handle_make(fd, direct, true);
	return 0;
}

/* What is open for the kernel as `id`, 0 when it is not, and for us. */
static int open_both(struct tracefs *fs, struct node *node, const struct node_location *location,
		     struct fuse_file_info *fi, int32_t *ret_id)
{
	int32_t id = backing_open(&fs->backing, &fs->nodes, node, location);
	int r = 0;

	if (id == 0 || handle_changes(fi->flags))
		r = open_here(fs, location, fi);
	if (r == 0 && id > 0 && fi->fh)
		r = serve_here(fi);
	if (r < 0) {
		close_here(fi);
		if (id > 0)
			backing_release(&fs->backing, &fs->nodes, node);
	}
	*ret_id = r < 0 ? 0 : id;
	return r;
}

/*
 * Answer open(2): with the kernel's id of the source's file where it can read that by itself, or
 * with a descriptor of ours in fi->fh. An answer that is not taken means that no release will come.
 */
void op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct tracefs *fs = tracefs_of(req);
	struct node *node = node_of(fs, ino);
	struct node_location location;
	int32_t id = 0;
	int r;

	r = node_place(&fs->nodes, node, &location);
	if (r == 0) {
		r = check_writable(&location, fi->flags);
		if (r == 0)
			r = open_both(fs, node, &location, fi, &id);
		location_release(&location);
	}
	tracefs_note(fs, req, node, NULL,
		     &(struct note){.op = fi->flags & OPEN_EXEC ? ACCESS_EXEC : ACCESS_OPEN,
				    .error = r,
				    .flags = access_flags_of(fi->flags)});
	if (r < 0) {
		fuse_reply_err(req, -r);
	} else if (id > 0) {
		if (backing_reply_open(req, id, fi->fh) == -ENOENT) {
			close_here(fi);
			backing_release(&fs->backing, &fs->nodes, node);
		}
	} else {
		fi->keep_cache = fs->read_only;
		if (fuse_reply_open(req, fi) == -ENOENT)
			close_here(fi);
	}
}

/* Make the file as the caller would; the descriptor can be used for everything. */
static int create_here(struct tracefs *fs, fuse_req_t req, struct node *parent, const char *name,
		       mode_t mode, int flags)
{
	struct credentials credentials;
	struct node_location location;
	int fd, r;

	r = node_child_place(&fs->nodes, parent, name, &location);
	if (r < 0)
		return r;
	credentials_assume(req, fs->own_credentials, &credentials);
	fd = openat(location.fd, location.name,
		    flags_for_us(flags) | O_CREAT | O_NOFOLLOW | O_CLOEXEC |
			    (flags & (O_EXCL | O_TRUNC)),
		    mode);
	r = fd < 0 ? -errno : fd;
	credentials_return(&credentials);
	location_release(&location);
	return r;
}

/* The reply of a create: as op_open(), with the new node. */
static void create_reply(struct tracefs *fs, fuse_req_t req, struct node *node,
			 const struct fuse_entry_param *entry, struct fuse_file_info *fi, int fd)
{
	int32_t id = backing_open_fd(&fs->backing, &fs->nodes, node, fd);
	int r;

	fi->fh = handle_make(fd, 0, false);
	if (id > 0 && (!handle_changes(fi->flags) || serve_here(fi) < 0))
		close_here(fi); /* the kernel alone then */
	r = id > 0 ? backing_reply_create(req, entry, id, fi->fh) : fuse_reply_create(req, entry, fi);
	if (r == -ENOENT) {
		close_here(fi);
		if (id > 0)
			backing_release(&fs->backing, &fs->nodes, node);
	}
	if (r == -ENOENT)
		node_forget(&fs->nodes, node, 1);
}

void op_create(fuse_req_t req, fuse_ino_t parent_ino, const char *name, mode_t mode,
	       struct fuse_file_info *fi)
{
	struct tracefs *fs = tracefs_of(req);
	struct node *parent = node_of(fs, parent_ino), *node;
	struct note note = {
		.op = ACCESS_CREATE, .flags = access_flags_of(fi->flags), .created = true};
	_cleanup_(closep) int fd = -1;
	struct fuse_entry_param entry;
	struct stat raw;
	int r;

	r = fd = create_here(fs, req, parent, name, mode, fi->flags);
	if (r >= 0)
		r = tracefs_enter(fs, parent, name, &entry, &raw, &node);
	if (r < 0) {
		note.error = r;
		tracefs_note(fs, req, parent, name, &note);
		fuse_reply_err(req, -r);
		return;
	}
	node_flag(&fs->nodes, node, NODE_CREATED);
	note.st = &raw;
	tracefs_note(fs, req, node, NULL, &note);
	create_reply(fs, req, node, &entry, fi, take_fd(&fd));
}

void op_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct tracefs *fs = tracefs_of(req);

	if (handle_is_backed(fi->fh))
		backing_release(&fs->backing, &fs->nodes, node_of(fs, ino));
	close_here(fi);
	fuse_reply_err(req, 0);
}
