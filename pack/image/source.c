// SPDX-License-Identifier: BSD-2-Clause
#include "pack/image/source.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"

enum { HOLES_FROM = 64 * 1024 }; /* bytes; in less, asking costs more than reading zeroes */

int source_open(struct source *source, const struct node *node, struct error *err)
{
	const struct inode *inode = node->inode;
	off_t hole;
	int r;

	*source = (struct source){.node = node, .fd = -1};
	if (inode->content.kind == CONTENT_BYTES || inode->content.kind == CONTENT_NONE)
		return 0;
	r = content_open(node, &source->fd, &source->offset, err);
	if (r < 0 || inode->size < HOLES_FROM)
		return r;
	hole = lseek(source->fd, (off_t)source->offset, SEEK_HOLE);
	source->has_holes = hole >= 0 && (uint64_t)hole < source->offset + inode->size;
	return 0;
}

void source_close(struct source *source)
{
	closep(&source->fd);
	source->fd = -1;
}

bool source_is_hole(struct source *source, uint64_t position, size_t size)
{
	uint64_t end = position + size;

	if (source->node->inode->content.kind == CONTENT_NONE)
		return true;
	if (!source->has_holes)
		return false;
	if (source->data_from <= position) {
		off_t data = lseek(source->fd, (off_t)(source->offset + position), SEEK_DATA);

		if (data >= 0)
			source->data_from = (uint64_t)data - source->offset;
		else
			source->data_from = errno == ENXIO ? UINT64_MAX : position;
	}
	return source->data_from >= end;
}

ssize_t source_read(struct source *source, void *data, size_t size, uint64_t position)
{
	const struct inode *inode = source->node->inode;

	if (inode->content.kind == CONTENT_NONE) {
		memset(data, 0, size);
		return (ssize_t)size;
	}
	if (inode->content.kind == CONTENT_BYTES) {
		memcpy(data, inode->content.bytes.data + position, size);
		return (ssize_t)size;
	}
	return io_pread(source->fd, data, size, source->offset + position);
}

int source_check(const struct source *source, struct error *err)
{
	return source->fd < 0 ? 0 : content_check(source->node, source->fd, err);
}

bool source_is_zero(const void *data, size_t size)
{
	const char *bytes = data;

	/* the first byte is zero and every other equals the one before it */
	return size == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0);
}
