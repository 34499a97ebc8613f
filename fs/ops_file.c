// SPDX-License-Identifier: BSD-2-Clause
/* Operations on files and what is in them. */
#include "fs/operations.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "fs/handle.h"

/* Of what goes past the page cache: enough for every disk. */
enum { ALIGNMENT = 4096 };

int node_descriptor(struct tracefs *fs, struct node *node, struct fuse_file_info *fi, int flags,
		    int *ret_own)
{
	struct node_location location;
	int fd;

	if (fi && fi->fh)
		return handle_fd(fi->fh);
	fd = node_place(&fs->nodes, node, &location);
	if (fd < 0)
		return fd;
	fd = location_open(&location, flags);
	location_release(&location);
	*ret_own = fd < 0 ? -1 : fd;
	return fd;
}

void op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, struct fuse_file_info *fi)
{
	_cleanup_(freep) char *buffer = NULL;
	_cleanup_(closep) int own = -1;
	struct tracefs *fs = tracefs_of(req);
	ssize_t n;
	int fd;

	fd = fi->fh ? handle_fd_for(fi->fh, fi->flags)
		    : node_descriptor(fs, node_of(fs, ino), fi, O_RDONLY, &own);
	buffer = aligned_alloc(ALIGNMENT, (size + ALIGNMENT) / ALIGNMENT * ALIGNMENT);
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

/* As the caller's flags are now: at the end, or past the page cache. */
static ssize_t write_as(const struct fuse_file_info *fi, int fd, const char *data, size_t size,
			off_t offset)
{
	bool appends = (fi->flags & O_APPEND) && fi->fh && handle_is_backed(fi->fh);
	_cleanup_(freep) char *aligned = NULL;
	struct iovec iov = {.iov_base = (char *)data, .iov_len = size};

	if (fi->fh && fd == handle_direct(fi->fh)) {
		aligned = aligned_alloc(ALIGNMENT, (size + ALIGNMENT) / ALIGNMENT * ALIGNMENT);
		if (!aligned)
			{ errno = ENOMEM; return -1; }
		iov.iov_base = memcpy(aligned, data, size);
	}
	return pwritev2(fd, &iov, 1, offset, appends ? RWF_APPEND : 0);
}

void op_write(fuse_req_t req, fuse_ino_t ino, const char *data, size_t size, off_t offset,
	      struct fuse_file_info *fi)
{
	struct tracefs *fs = tracefs_of(req);
	_cleanup_(closep) int own = -1;
	ssize_t n;
	int fd;

	fd = fi->fh ? handle_fd_for(fi->fh, fi->flags)
		    : node_descriptor(fs, node_of(fs, ino), fi, O_WRONLY, &own);
	if (fd < 0) {
		fuse_reply_err(req, -fd);
		return;
	}
	n = write_as(fi, fd, data, size, offset);
	if (n < 0)
		fuse_reply_err(req, errno);
	else
		fuse_reply_write(req, (size_t)n);
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
