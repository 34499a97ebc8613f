// SPDX-License-Identifier: BSD-2-Clause
#include "pack/image/feed.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"

enum { HOLES_FROM = 64 * 1024 }; /* bytes; in less, asking costs more than reading zeroes */

int feed_open(struct feed *feed, const struct node *node, struct error *err)
{
	const struct inode *inode = node->inode;
	off_t hole;
	int r;

	*feed = (struct feed){.node = node, .fd = -1};
	if (inode->content.kind == CONTENT_BYTES || inode->content.kind == CONTENT_NONE)
		return 0;
	r = content_open(node, &feed->fd, &feed->offset, err);
	if (r < 0 || inode->size < HOLES_FROM)
		return r;
	hole = lseek(feed->fd, (off_t)feed->offset, SEEK_HOLE);
	feed->has_holes = hole >= 0 && (uint64_t)hole < feed->offset + inode->size;
	return 0;
}

void feed_close(struct feed *feed)
{
	closep(&feed->fd);
	feed->fd = -1;
}

bool feed_is_hole(struct feed *feed, uint64_t position, size_t size)
{
	uint64_t end = position + size;

	if (feed->node->inode->content.kind == CONTENT_NONE)
		return true;
	if (!feed->has_holes)
		return false;
	if (feed->data_from <= position) {
		off_t data = lseek(feed->fd, (off_t)(feed->offset + position), SEEK_DATA);

		if (data >= 0)
			feed->data_from = (uint64_t)data - feed->offset;
		else
			feed->data_from = errno == ENXIO ? UINT64_MAX : position;
	}
	return feed->data_from >= end;
}

ssize_t feed_read(struct feed *feed, void *data, size_t size, uint64_t position)
{
	const struct inode *inode = feed->node->inode;

	if (inode->content.kind == CONTENT_NONE) {
		memset(data, 0, size);
		return (ssize_t)size;
	}
	if (inode->content.kind == CONTENT_BYTES) {
		memcpy(data, inode->content.data + position, size);
		return (ssize_t)size;
	}
	return io_pread(feed->fd, data, size, feed->offset + position);
}

int feed_check(const struct feed *feed, struct error *err)
{
	return feed->fd < 0 ? 0 : content_check(feed->node, feed->fd, err);
}

bool feed_is_zero(const void *data, size_t size)
{
	const char *bytes = data;

	/* the first byte is zero and every other equals the one before it */
	return size == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0);
}
