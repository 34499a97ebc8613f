// SPDX-License-Identifier: BSD-2-Clause
/*
 * Directory listings. A listing is noted when it is begun. The offsets the kernel hands back are the
 * source's own d_off, so that seekdir() means the same as there.
 */
#include "fs/operations.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "db/base/cleanup.h"

enum { BUFFER = 32 * 1024 };

/* An open listing; the kernel serialises what it asks of one. */
struct listing {
	int fd;
	dev_t dev;       /* of what is listed */
	off_t next;      /* where the descriptor's position would go on */
	size_t at, size; /* what is in the buffer and not handed out yet */
	char buffer[BUFFER] __attribute__((aligned(8)));
};

struct kernel_dirent {
	uint64_t ino;
	int64_t offset;
	uint16_t size;
	uint8_t type;
	char name[];
};

static int listing_open(struct tracefs *fs, struct node *node, struct listing **ret_listing)
{
	_cleanup_(freep) struct listing *listing = malloc(sizeof(*listing));
	_cleanup_(closep) int fd = -1;
	struct node_location location;
	struct stat st;
	int r;

	if (!listing)
		return -ENOMEM;
	r = node_directory_place(&fs->nodes, node, &location);
	if (r < 0)
		return r;
	r = fd = tracefs_open(fs, &location, O_RDONLY | O_DIRECTORY);
	location_release(&location);
	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0)
		return -errno;
	listing->dev = st.st_dev;
	listing->fd = take_fd(&fd);
	listing->next = 0;
	listing->at = listing->size = 0;
	*ret_listing = take(listing);
	return 0;
}

static void listing_close(struct listing *listing)
{
	close(listing->fd);
	free(listing);
}

void op_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct tracefs *fs = tracefs_of(req);
	struct node *node = node_of(fs, ino);
	struct listing *listing = NULL;
	int r;

	r = listing_open(fs, node, &listing);
	tracefs_note_listing(fs, req, node, r);
	if (r < 0) {
		fuse_reply_err(req, -r);
		return;
	}
	fi->fh = (uint64_t)(uintptr_t)listing;
	fi->cache_readdir = fi->keep_cache = fs->read_only;
	if (fuse_reply_open(req, fi) == -ENOENT)
		listing_close(listing);
}

/* Have something in the buffer: 1, or 0 at the end. */
static int listing_fill(struct listing *listing)
{
	long n;

	if (listing->at < listing->size)
		return 1;
	n = syscall(SYS_getdents64, listing->fd, listing->buffer, sizeof(listing->buffer));
	if (n < 0)
		return -errno;
	listing->at = 0;
	listing->size = (size_t)n;
	return n > 0;
}

static int listing_seek(struct listing *listing, off_t offset)
{
	if (offset == listing->next)
		return 0;
	listing->at = listing->size = 0;
	if (lseek(listing->fd, offset, SEEK_SET) < 0)
		return -errno;
	listing->next = offset;
	return 0;
}

/* Fill `reply` with as many entries as fit; returns the bytes used or a negative errno. */
static ssize_t listing_read(struct tracefs *fs, fuse_req_t req, struct listing *listing,
			    char *reply, size_t size)
{
	size_t used = 0;
	int r;

	while ((r = listing_fill(listing)) > 0) {
		const struct kernel_dirent *d =
			(const void *)(listing->buffer + listing->at);
		struct stat st = {.st_ino = tracefs_ino(fs, listing->dev, d->ino),
				  .st_mode = (mode_t)DTTOIF(d->type)};
		size_t needed = fuse_add_direntry(req, reply + used, size - used, d->name, &st,
						  d->offset);

		if (needed > size - used)
			return (ssize_t)used;
		used += needed;
		listing->next = d->offset;
		listing->at += d->size;
	}
	return r < 0 && used == 0 ? r : (ssize_t)used;
}

void op_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
		struct fuse_file_info *fi)
{
	struct listing *listing = (struct listing *)(uintptr_t)fi->fh;
	_cleanup_(freep) char *reply = malloc(size);
	ssize_t n;

	(void)ino;
	n = reply ? listing_seek(listing, offset) : -ENOMEM;
	if (n == 0)
		n = listing_read(tracefs_of(req), req, listing, reply, size);
	if (n < 0)
		fuse_reply_err(req, (int)-n);
	else
		fuse_reply_buf(req, reply, (size_t)n);
}

void op_releasedir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	listing_close((struct listing *)(uintptr_t)fi->fh);
	fuse_reply_err(req, 0);
}

void op_fsyncdir(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi)
{
	const struct listing *listing = (struct listing *)(uintptr_t)fi->fh;
	int r = datasync ? fdatasync(listing->fd) : fsync(listing->fd);

	(void)ino;
	fuse_reply_err(req, r < 0 ? errno : 0);
}
