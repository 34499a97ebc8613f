// SPDX-License-Identifier: BSD-2-Clause
/* Operations on files and what is in them. */
#include "fs/tracefs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "fs/credentials.h"

/* The kernel's own mark of an open by exec: not for open(2), but it reaches us. */
enum { OPEN_EXEC = 0x20 };

int node_descriptor(struct tracefs *fs, struct node *node, struct fuse_file_info *fi, int flags,
		    int *ret_own)
{
	struct node_location location;
	int fd;

	if (fi && fi->fh)
		return (int)fi->fh;
	fd = node_place(&fs->nodes, node, &location);
	if (fd < 0)
		return fd;
	fd = location_open(&location, flags);
	location_release(&location);
	*ret_own = fd < 0 ? -1 : fd;
	return fd;
}

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
static int open_here(const struct node_location *location, struct fuse_file_info *fi)
{
	int fd = location_open(location, flags_for_us(fi->flags));

	if (fd == -EACCES || fd == -EPERM) /* a file one may only write to */
		fd = location_open(location, fi->flags & O_ACCMODE);
	if (fd < 0)
		return fd;
	fi->fh = (uint64_t)fd;
	return 0;
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
			id = backing_open(&fs->backing, &fs->nodes, node, &location);
		if (r == 0 && id == 0)
			r = open_here(&location, fi);
		location_release(&location);
	}
	tracefs_note(fs, req, node, NULL,
		     &(struct note){.op = fi->flags & OPEN_EXEC ? ACCESS_EXEC : ACCESS_OPEN,
				    .error = r,
				    .flags = access_flags_of(fi->flags)});
	if (r < 0) {
		fuse_reply_err(req, -r);
	} else if (id > 0) {
		if (backing_reply_open(req, id) == -ENOENT)
			backing_release(&fs->backing, &fs->nodes, node);
	} else {
		fi->keep_cache = fs->read_only;
		if (fuse_reply_open(req, fi) == -ENOENT)
			close((int)fi->fh);
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

	if (id > 0) {
		close(fd);
		r = backing_reply_create(req, entry, id);
		if (r == -ENOENT)
			backing_release(&fs->backing, &fs->nodes, node);
	} else {
		fi->fh = (uint64_t)fd;
		r = fuse_reply_create(req, entry, fi);
		if (r == -ENOENT)
			close(fd);
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

void op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, struct fuse_file_info *fi)
{
	_cleanup_(freep) char *buffer = NULL;
	_cleanup_(closep) int own = -1;
	struct tracefs *fs = tracefs_of(req);
	ssize_t n;
	int fd;

	fd = node_descriptor(fs, node_of(fs, ino), fi, O_RDONLY, &own);
	buffer = malloc(size ? size : 1);
	if (fd < 0 || !buffer) {
		fuse_reply_err(req, fd < 0 ? -fd : ENOMEM);
		return;
	}
	n = pread(fd, buffer, size, offset);
	if (n < 0)
		fuse_reply_err(req, errno);
	else
		fuse_reply_buf(req, buffer, (size_t)n);
}

void op_write(fuse_req_t req, fuse_ino_t ino, const char *data, size_t size, off_t offset,
	      struct fuse_file_info *fi)
{
	struct tracefs *fs = tracefs_of(req);
	_cleanup_(closep) int own = -1;
	ssize_t n;
	int fd;

	fd = node_descriptor(fs, node_of(fs, ino), fi, O_WRONLY, &own);
	if (fd < 0) {
		fuse_reply_err(req, -fd);
		return;
	}
	n = pwrite(fd, data, size, offset);
	if (n < 0)
		fuse_reply_err(req, errno);
	else
		fuse_reply_write(req, (size_t)n);
}

void op_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct tracefs *fs = tracefs_of(req);

	if (fi->fh)
		close((int)fi->fh);
	else
		backing_release(&fs->backing, &fs->nodes, node_of(fs, ino));
	fuse_reply_err(req, 0);
}

void op_fsync(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi)
{
	struct tracefs *fs = tracefs_of(req);
	_cleanup_(closep) int own = -1;
	int fd, r;

	fd = node_descriptor(fs, node_of(fs, ino), fi, O_RDONLY, &own);
	if (fd < 0) {
		fuse_reply_err(req, -fd);
		return;
	}
	r = datasync ? fdatasync(fd) : fsync(fd);
	fuse_reply_err(req, r < 0 ? errno : 0);
}

void op_fallocate(fuse_req_t req, fuse_ino_t ino, int mode, off_t offset, off_t length,
		  struct fuse_file_info *fi)
{
	struct tracefs *fs = tracefs_of(req);
	struct node *node = node_of(fs, ino);
	_cleanup_(closep) int own = -1;
	int fd, r;

	fd = node_descriptor(fs, node, fi, O_RDWR, &own);
	r = fd < 0 ? fd : fallocate(fd, mode, offset, length) < 0 ? -errno : 0;
	tracefs_note(fs, req, node, NULL, &(struct note){.op = ACCESS_WRITE, .error = r});
	fuse_reply_err(req, -r);
}

void op_lseek(fuse_req_t req, fuse_ino_t ino, off_t offset, int whence, struct fuse_file_info *fi)
{
	struct tracefs *fs = tracefs_of(req);
	_cleanup_(closep) int own = -1;
	off_t result;
	int fd;

	fd = node_descriptor(fs, node_of(fs, ino), fi, O_RDONLY, &own);
	if (fd < 0) {
		fuse_reply_err(req, -fd);
		return;
	}
	result = lseek(fd, offset, whence);
	if (result < 0)
		fuse_reply_err(req, errno);
	else
		fuse_reply_lseek(req, result);
}

void op_copy_file_range(fuse_req_t req, fuse_ino_t from, off_t from_offset,
			struct fuse_file_info *from_fi, fuse_ino_t to, off_t to_offset,
			struct fuse_file_info *to_fi, size_t length, int flags)
{
	struct tracefs *fs = tracefs_of(req);
	_cleanup_(closep) int from_own = -1, to_own = -1;
	int in, out;
	ssize_t n;

	in = node_descriptor(fs, node_of(fs, from), from_fi, O_RDONLY, &from_own);
	out = in < 0 ? in : node_descriptor(fs, node_of(fs, to), to_fi, O_RDWR, &to_own);
	if (out < 0) {
		fuse_reply_err(req, -out);
		return;
	}
	n = copy_file_range(in, &from_offset, out, &to_offset, length, (unsigned int)flags);
	if (n < 0)
		fuse_reply_err(req, errno);
	else
		fuse_reply_write(req, (size_t)n);
}

/*
 * The attributes of chattr(1), which the kernel asks for this way. Setting them needs a source that
 * may be written and, as we would do it with our own rights, a caller who is root.
 */
void op_ioctl(fuse_req_t req, fuse_ino_t ino, unsigned int command, void *argument,
	      struct fuse_file_info *fi, unsigned int flags, const void *in, size_t in_size,
	      size_t out_size)
{
	bool sets = command == FS_IOC_SETFLAGS || command == FS_IOC_FSSETXATTR;
	bool gets = command == FS_IOC_GETFLAGS || command == FS_IOC_FSGETXATTR;
	struct tracefs *fs = tracefs_of(req);
	char data[sizeof(struct fsxattr)] = "";
	_cleanup_(closep) int fd = -1;
	struct node_location location;
	int r;

	(void)argument;
	(void)fi;
	(void)flags;
	if ((!gets && !sets) || in_size > sizeof(data) || out_size > sizeof(data)) {
		fuse_reply_err(req, ENOTTY);
		return;
	}
	if (sets && (fs->read_only || fuse_req_ctx(req)->uid != 0)) {
		fuse_reply_err(req, EPERM);
		return;
	}
	if (sets)
		memcpy(data, in, in_size);
	r = node_place(&fs->nodes, node_of(fs, ino), &location);
	if (r == 0) {
		r = fd = location_open(&location, O_RDONLY | O_NONBLOCK);
		location_release(&location);
	}
	if (r >= 0)
		r = ioctl(fd, command, data) < 0 ? -errno : 0;
	if (r < 0)
		fuse_reply_err(req, -r);
	else
		fuse_reply_ioctl(req, 0, data, out_size);
}
