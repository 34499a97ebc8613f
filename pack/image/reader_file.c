// SPDX-License-Identifier: BSD-2-Clause
/* The bytes of one file of an image. */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "pack/image/reader_image.h"
#include "pack/image/reader_inode.h"
#include "pack/image/reader_meta.h"

struct image_file {
	struct image *image;
	uint64_t size;
	uint64_t block_count;
	uint64_t at, at_position; /* a block, and where its bytes are: where we last were */
	uint64_t start;
	uint32_t fragment, fragment_offset;
	uint32_t sizes[]; /* as stored */
};

int image_file_open(struct image *image, const struct inode *inode, struct image_file **ret_file,
		    struct error *err)
{
	_cleanup_(freep) struct image_file *file = NULL;
	struct meta_cursor cursor;
	struct raw_inode raw;
	uint64_t count;
	int r;

	r = raw_inode_read(image, inode->scratch, &raw, &cursor, err);
	if (r < 0)
		return r;
	if (raw.type != SQFS_FILE)
		return error_set(err, -EINVAL, "not a regular file");
	count = raw.size / image->info.block_size;
	if (raw.fragment == SQFS_NO_FRAGMENT && raw.size % image->info.block_size)
		count++;
	if (count > image->inodes.room / sizeof(uint32_t))
		return image_damaged(image, "a file has no possible size", err);
	if (raw.fragment != SQFS_NO_FRAGMENT && (raw.fragment >= image->info.fragment_count ||
						 raw.size % image->info.block_size == 0))
		return image_damaged(image, "a file's fragment is impossible", err);
	file = malloc(sizeof(*file) + count * sizeof(uint32_t));
	if (!file)
		return error_oom(err);
	*file = (struct image_file){.image = image,
				    .size = raw.size,
				    .block_count = count,
				    .start = raw.start,
				    .at_position = raw.start,
				    .fragment = raw.fragment,
				    .fragment_offset = raw.fragment_offset};
	r = meta_read(&cursor, file->sizes, count * sizeof(uint32_t), err);
	if (r < 0)
		return r;
	*ret_file = take(file);
	return 0;
}

void image_file_close(struct image_file *file)
{
	free(file);
}

void image_file_closep(struct image_file **file)
{
	image_file_close(*file);
}

static int check_extent(const struct image *image, uint64_t position, uint32_t stored,
			struct error *err)
{
	uint32_t size = stored & (SQFS_BLOCK_RAW - 1);

	if (stored & ~(uint32_t)(SQFS_BLOCK_RAW | (SQFS_BLOCK_RAW - 1)) || size > image->info.block_size)
		return image_damaged(image, "a block has no possible size", err);
	if (position > image->info.inode_table || image->info.inode_table - position < size)
		return image_damaged(image, "a block is outside the data", err);
	return 0;
}

int image_file_check(const struct image_file *file, struct error *err)
{
	const struct image *image = file->image;
	uint64_t position = file->start, tail = file->size % image->info.block_size;
	int r = 0;

	for (uint64_t i = 0; r == 0 && i < file->block_count; i++) {
		uint32_t stored = le32toh(file->sizes[i]);

		if (stored)
			r = check_extent(image, position, stored, err);
		position += stored & (SQFS_BLOCK_RAW - 1);
	}
	if (r < 0 || file->fragment == SQFS_NO_FRAGMENT)
		return r;
	if (file->fragment_offset + tail > image->info.block_size)
		return image_damaged(image, "a tail is outside its fragment", err);
	return check_extent(image, image->fragment_starts[file->fragment],
			    image->fragment_sizes[file->fragment], err);
}

static int cached_block(struct image *image, struct block_cache *cache, uint64_t position,
			uint32_t stored, struct error *err)
{
	int r;

	if (cache->position == position && position)
		return 0;
	cache->position = 0;
	r = block_read(image, position, stored, cache->bytes, &cache->size, err);
	if (r == 0)
		cache->position = position;
	return r;
}

/* Where the bytes of a block are in the image; sums up sizes from where we last were. */
static uint64_t block_position(struct image_file *file, uint64_t block)
{
	if (block < file->at) {
		file->at = 0;
		file->at_position = file->start;
	}
	for (; file->at < block; file->at++)
		file->at_position += le32toh(file->sizes[file->at]) & (SQFS_BLOCK_RAW - 1);
	return file->at_position;
}

static int read_tail(struct image_file *file, void *data, size_t size, uint32_t offset,
		     struct error *err)
{
	struct image *image = file->image;
	int r = cached_block(image, &image->fragment, image->fragment_starts[file->fragment],
			     image->fragment_sizes[file->fragment], err);

	if (r < 0)
		return r;
	if ((uint64_t)file->fragment_offset + offset + size > image->fragment.size)
		return image_damaged(image, "a tail is outside its fragment", err);
	memcpy(data, image->fragment.bytes + file->fragment_offset + offset, size);
	return 0;
}

static int read_block(struct image_file *file, uint64_t block, void *data, size_t size,
		      uint32_t offset, struct error *err)
{
	struct image *image = file->image;
	uint64_t left = file->size - block * image->info.block_size;
	uint32_t stored = le32toh(file->sizes[block]);
	int r;

	if (stored == 0) {
		memset(data, 0, size);
		return 0;
	}
	r = cached_block(image, &image->data, block_position(file, block), stored, err);
	if (r < 0)
		return r;
	if (image->data.size !=
	    (left < image->info.block_size ? (uint32_t)left : image->info.block_size))
		return image_damaged(image, "a block has too few bytes", err);
	memcpy(data, image->data.bytes + offset, size);
	return 0;
}

ssize_t image_file_read(struct image_file *file, void *data, size_t size, uint64_t position,
			struct error *err)
{
	uint32_t block_size = file->image->info.block_size;
	size_t done = 0;

	if (position >= file->size)
		return 0;
	if (size > file->size - position)
		size = file->size - position;
	while (done < size) {
		uint64_t block = (position + done) / block_size;
		uint32_t offset = (uint32_t)((position + done) % block_size);
		size_t part = block_size - offset;
		int r;

		if (part > size - done)
			part = size - done;
		if (block < file->block_count)
			r = read_block(file, block, (char *)data + done, part, offset, err);
		else
			r = read_tail(file, (char *)data + done, part, offset, err);
		if (r < 0)
			return r;
		done += part;
	}
	return (ssize_t)done;
}
