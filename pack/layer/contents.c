// SPDX-License-Identifier: BSD-2-Clause
#include "pack/layer/contents.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "pack/layer/path.h"
#include "pack/tree/content_file.h"

struct filling {
	struct layer_stream *stream;
	const struct layer_options *options;
	struct layer_stats *stats;
};

/* Of the bytes of contents that are allowed, those of this entry. */
static int reserve_bytes(const struct filling *filling, struct archive_entry *entry,
			 uint64_t *ret_size, struct error *err)
{
	int64_t size = sym_archive_entry_size(entry);

	if (size < 0)
		return error_set(err, -EBADMSG, "has a negative size");
	if (filling->stats->bytes > filling->options->max_size ||
	    (uint64_t)size > filling->options->max_size - filling->stats->bytes)
		return error_set(err, -EFBIG,
				 "does not fit the limit of %llu bytes of contents (--max-size)",
				 (unsigned long long)filling->options->max_size);
	filling->stats->bytes += (uint64_t)size;
	*ret_size = (uint64_t)size;
	return 0;
}

/* From the stream into the content file; *ret_stored counts the bytes that are not holes. */
static int copy_contents(const struct filling *filling, uint64_t start, uint64_t size,
			 uint64_t *ret_stored, struct error *err)
{
	struct archive *tar = layer_stream_tar(filling->stream);
	const void *block;
	size_t length;
	int64_t at;
	int r;

	while ((r = sym_archive_read_data_block(tar, &block, &length, &at)) == ARCHIVE_OK) {
		if (length == 0)
			continue;
		if (at < 0 || (uint64_t)at > size || length > size - (uint64_t)at)
			return error_set(err, -EBADMSG, "has contents beyond its size");
		r = content_file_write(filling->options->contents, start + (uint64_t)at, block,
				       length, ret_stored, err);
		if (r < 0)
			return r;
	}
	return r == ARCHIVE_EOF ? 0 : layer_stream_error(filling->stream, err);
}

static int fill_contents(const struct filling *filling, struct archive_entry *entry,
			 struct inode *inode, struct error *err)
{
	uint64_t size = 0, start = 0, stored = 0;
	int r;

	r = reserve_bytes(filling, entry, &size, err);
	if (r < 0 || size == 0)
		return r;
	r = content_file_begin(filling->options->contents, size, &start, err);
	if (r < 0)
		return r;
	r = copy_contents(filling, start, size, &stored, err);
	if (r < 0)
		return r;
	inode->size = size;
	if (stored == 0)
		return 0; /* all a hole */
	inode->content.kind = CONTENT_RANGE;
	inode->content.fd = content_file_fd(filling->options->contents);
	inode->content.offset = start;
	return 0;
}

static int fill_kind(const struct filling *filling, struct archive_entry *entry,
		     struct inode *inode, struct error *err)
{
	const char *target;

	switch (inode->mode & S_IFMT) {
	case S_IFREG:
		return fill_contents(filling, entry, inode, err);
	case S_IFLNK:
		target = sym_archive_entry_symlink(entry);
		if (!target || !*target || strlen(target) > LAYER_PATH_MAX)
			return error_set(err, -EBADMSG, "is a symbolic link with %s target",
					 target && *target ? "too long a" : "no");
		inode->target = strdup(target);
		if (!inode->target)
			return error_oom(err);
		inode->size = strlen(target);
		return 0;
	case S_IFBLK:
	case S_IFCHR:
		inode->rdev = sym_archive_entry_rdev(entry);
		return 0;
	default:
		return 0;
	}
}

int layer_contents(struct layer_stream *stream, struct archive_entry *entry,
		   const struct layer_options *options, struct inode *inode,
		   struct layer_stats *stats, struct error *err)
{
	struct filling filling = {.stream = stream, .options = options, .stats = stats};

	return fill_kind(&filling, entry, inode, err);
}
