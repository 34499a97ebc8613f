// SPDX-License-Identifier: BSD-2-Clause
#include "pack/image/reader.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "pack/image/reader_private.h"

int image_damaged(const struct image *image, const char *what, struct error *err)
{
	return error_set(err, -EINVAL, "'%s' is damaged: %s", image->name, what);
}

static int read_at(const struct image *image, void *data, size_t size, uint64_t position,
		   struct error *err)
{
	ssize_t got = io_pread(image->fd, data, size, position);

	if (got < 0)
		return error_code(err, (int)got, "cannot read '%s'", image->name);
	return (size_t)got < size ? image_damaged(image, "it ends too early", err) : 0;
}

/* --- metadata ------------------------------------------------------------------------------- */

/* One block, or only how long it is (into == NULL). */
static int meta_load(struct image *image, const struct meta_table *table, uint64_t position,
		     struct meta_block *into, uint64_t *ret_next, struct error *err)
{
	uint8_t stored[SQFS_META_SIZE];
	uint16_t header;
	uint32_t size;
	size_t got;
	int r;

	if (position < table->start || position > table->end || table->end - position < 2)
		return image_damaged(image, "a metadata block is outside its table", err);
	r = read_at(image, &header, sizeof(header), position, err);
	if (r < 0)
		return r;
	header = le16toh(header);
	size = header & (SQFS_META_RAW - 1);
	if (size == 0 || size > SQFS_META_SIZE || table->end - position - 2 < size)
		return image_damaged(image, "a metadata block has no possible size", err);
	*ret_next = position + 2 + size;
	if (!into)
		return 0;
	r = read_at(image, header & SQFS_META_RAW ? into->bytes : stored, size, position + 2, err);
	if (r < 0)
		return r;
	got = size;
	if (!(header & SQFS_META_RAW))
		got = ZSTD_decompressDCtx(image->context, into->bytes, SQFS_META_SIZE, stored,
					  size);
	if (ZSTD_isError(got) || got == 0)
		return image_damaged(image, "a metadata block cannot be uncompressed", err);
	into->position = position;
	into->next = *ret_next;
	into->size = (uint32_t)got;
	return 0;
}

static int meta_get(struct image *image, const struct meta_table *table, uint64_t position,
		    const struct meta_block **ret_block, struct error *err)
{
	struct meta_block *block = &image->cache[position * 2654435761u / 4096 % META_CACHE];
	uint64_t next;

	if (position < table->start || position >= table->end)
		return image_damaged(image, "a reference leads out of its table", err);
	if (block->position != position) {
		int r;

		block->position = 0;
		r = meta_load(image, table, position, block, &next, err);
		if (r < 0)
			return r;
	}
	*ret_block = block;
	return 0;
}

int meta_seek(struct meta_cursor *cursor, struct image *image, const struct meta_table *table,
	      uint64_t relative, uint32_t offset, struct error *err)
{
	if (relative >= table->end - table->start || offset >= SQFS_META_SIZE)
		return image_damaged(image, "a reference leads out of its table", err);
	*cursor = (struct meta_cursor){
		.image = image, .table = table, .block = table->start + relative, .offset = offset};
	return 0;
}

int meta_read(struct meta_cursor *cursor, void *data, size_t size, struct error *err)
{
	uint8_t *bytes = data;

	while (size) {
		const struct meta_block *block;
		size_t part;
		int r = meta_get(cursor->image, cursor->table, cursor->block, &block, err);

		if (r < 0)
			return r;
		if (cursor->offset > block->size ||
		    (cursor->offset == block->size && block->size < SQFS_META_SIZE))
			return image_damaged(cursor->image, "a record runs out of its table", err);
		part = block->size - cursor->offset;
		if (part > size)
			part = size;
		memcpy(bytes, block->bytes + cursor->offset, part);
		bytes += part;
		size -= part;
		cursor->offset += (uint32_t)part;
		if (cursor->offset == SQFS_META_SIZE) {
			cursor->block = block->next;
			cursor->offset = 0;
		}
	}
	return 0;
}

/* Count the blocks of a table by their headers, which bounds all that it can say. */
static int table_measure(struct image *image, struct meta_table *table, struct error *err)
{
	uint64_t at = table->start;

	while (at < table->end) {
		int r = meta_load(image, table, at, NULL, &at, err);

		if (r < 0)
			return r;
		table->room += SQFS_META_SIZE;
	}
	return 0;
}

/*
 * A table with positions behind its blocks: `count` records of `size` bytes into memory of the
 * caller. positions: where these are in the file.
 */
static int load_records(struct image *image, uint64_t positions, uint64_t limit, uint32_t count,
			size_t size, void **ret_records, struct error *err)
{
	uint64_t bytes = (uint64_t)count * size;
	uint64_t blocks = (bytes + SQFS_META_SIZE - 1) / SQFS_META_SIZE;
	_cleanup_(freep) uint8_t *records = NULL;

	if (positions > limit || (limit - positions) / 8 < blocks)
		return image_damaged(image, "a table is cut off", err);
	/* a metadata block takes at least three bytes of the file */
	if (blocks > limit / 3)
		return image_damaged(image, "a table is larger than the image", err);
	records = malloc(bytes + 1);
	if (!records)
		return error_oom(err);
	for (uint64_t i = 0; i < blocks; i++) {
		struct meta_table table = {.start = sizeof(struct sqfs_super), .end = positions};
		const struct meta_block *block;
		uint64_t position, want = bytes - i * SQFS_META_SIZE;
		int r = read_at(image, &position, sizeof(position), positions + i * 8, err);

		if (r == 0)
			r = meta_get(image, &table, le64toh(position), &block, err);
		if (r < 0)
			return r;
		want = want > SQFS_META_SIZE ? SQFS_META_SIZE : want;
		if (block->size != want)
			return image_damaged(image, "a table has too few records", err);
		memcpy(records + i * SQFS_META_SIZE, block->bytes, want);
	}
	*ret_records = take(records);
	return 0;
}

static int load_ids(struct image *image, struct error *err)
{
	void *records;
	int r = load_records(image, image->info.id_table, image->info.bytes_used,
			     image->info.id_count, sizeof(uint32_t), &records, err);

	if (r == 0)
		image->ids = records;
	return r;
}

static int load_fragments(struct image *image, struct error *err)
{
	uint32_t count = image->info.fragment_count;
	_cleanup_(freep) struct sqfs_fragment *fragments = NULL;
	void *records;
	int r;

	if (!count)
		return 0;
	r = load_records(image, image->info.fragment_table, image->info.bytes_used, count,
			 sizeof(*fragments), &records, err);
	if (r < 0)
		return r;
	fragments = records;
	image->fragment_starts = calloc(count, sizeof(*image->fragment_starts));
	image->fragment_sizes = calloc(count, sizeof(*image->fragment_sizes));
	if (!image->fragment_starts || !image->fragment_sizes)
		return error_oom(err);
	for (uint32_t i = 0; i < count; i++) {
		image->fragment_starts[i] = le64toh(fragments[i].start);
		image->fragment_sizes[i] = le32toh(fragments[i].size);
	}
	return 0;
}

int reader_xattrs_load(struct image *image, struct error *err)
{
	uint64_t at = image->info.xattr_table;
	struct sqfs_xattr_header header;
	void *records;
	int r;

	if (at == SQFS_NO_TABLE)
		return 0;
	if (at > image->info.bytes_used || image->info.bytes_used - at < sizeof(header))
		return image_damaged(image, "the attributes are outside the image", err);
	r = read_at(image, &header, sizeof(header), at, err);
	if (r < 0)
		return r;
	image->values = (struct meta_table){.start = le64toh(header.values), .end = at};
	if (image->values.start > at)
		return image_damaged(image, "the attributes are outside the image", err);
	r = load_records(image, at + sizeof(header), image->info.bytes_used, le32toh(header.count),
			 sizeof(struct sqfs_xattr_set), &records, err);
	if (r < 0)
		return r;
	image->sets = records;
	image->set_count = le32toh(header.count);
	return 0;
}

/* --- opening -------------------------------------------------------------------------------- */

static void info_from(const struct sqfs_super *super, struct image_info *info)
{
	uint64_t root = le64toh(super->root);

	*info = (struct image_info){
		.inode_count = le32toh(super->inode_count),
		.fragment_count = le32toh(super->fragment_count),
		.id_count = le16toh(super->id_count),
		.block_size = le32toh(super->block_size),
		.flags = le16toh(super->flags),
		.root_offset = (uint16_t)(root & 0xffff),
		.root_block = root >> 16,
		.time = le32toh(super->time),
		.bytes_used = le64toh(super->bytes_used),
		.id_table = le64toh(super->id_table),
		.xattr_table = le64toh(super->xattr_table),
		.inode_table = le64toh(super->inode_table),
		.directory_table = le64toh(super->directory_table),
		.fragment_table = le64toh(super->fragment_table),
		.export_table = le64toh(super->export_table),
	};
}

static int check_super(const struct image *image, const struct sqfs_super *super, uint64_t size,
		       struct error *err)
{
	const struct image_info *info = &image->info;

	if (le32toh(super->magic) != SQFS_MAGIC)
		return error_set(err, -EINVAL, "'%s' is no SquashFS image", image->name);
	if (le16toh(super->major) != SQFS_MAJOR || le16toh(super->minor) != 0)
		return error_set(err, -EINVAL, "'%s' is SquashFS %u.%u; only 4.0 can be read",
				 image->name, le16toh(super->major), le16toh(super->minor));
	if (le16toh(super->compressor) != SQFS_ZSTD)
		return error_set(err, -EINVAL, "'%s' is not compressed with zstd", image->name);
	if (info->block_size < 4096 || info->block_size > 1024 * 1024 ||
	    le16toh(super->block_log) > 20 || info->block_size != 1u << le16toh(super->block_log))
		return image_damaged(image, "its block size is impossible", err);
	if (info->bytes_used > size || info->bytes_used < sizeof(*super))
		return image_damaged(image, "it is cut off", err);
	if (info->inode_table >= info->directory_table ||
	    info->directory_table > info->bytes_used || info->inode_table < sizeof(*super) ||
	    info->id_table > info->bytes_used || info->directory_table > info->id_table)
		return image_damaged(image, "its tables are in the wrong order", err);
	if (!info->id_count)
		return image_damaged(image, "it has no owners", err);
	return 0;
}

/* Where the directory table ends: at the first block of the table behind it. */
static int directories_end(const struct image *image, uint64_t *ret_end, struct error *err)
{
	const uint64_t next[] = {image->info.fragment_count ? image->info.fragment_table
							    : SQFS_NO_TABLE,
				 image->info.export_table, image->info.id_table};
	uint64_t first;

	for (size_t i = 0; i < sizeof(next) / sizeof(*next); i++) {
		int r;

		if (next[i] == SQFS_NO_TABLE)
			continue;
		r = next[i] > image->info.bytes_used - 8
			    ? image_damaged(image, "a table is outside the image", err)
			    : read_at(image, &first, sizeof(first), next[i], err);
		if (r < 0)
			return r;
		*ret_end = le64toh(first);
		if (*ret_end < image->info.directory_table || *ret_end > next[i])
			return image_damaged(image, "its tables are in the wrong order", err);
		return 0;
	}
	return image_damaged(image, "it has no owners", err);
}

static int load_tables(struct image *image, struct error *err)
{
	int r;

	image->inodes = (struct meta_table){.start = image->info.inode_table,
					    .end = image->info.directory_table};
	image->directories.start = image->info.directory_table;
	r = directories_end(image, &image->directories.end, err);
	if (r == 0)
		r = table_measure(image, &image->inodes, err);
	if (r == 0)
		r = table_measure(image, &image->directories, err);
	if (r == 0)
		r = load_ids(image, err);
	if (r == 0)
		r = load_fragments(image, err);
	return r < 0 ? r : reader_xattrs_load(image, err);
}

int image_open(int fd, const char *name, struct image **ret_image, struct error *err)
{
	_cleanup_(image_closep) struct image *image = calloc(1, sizeof(*image));
	struct sqfs_super super;
	off_t size;
	int r;

	if (!image)
		return error_oom(err);
	image->fd = fd;
	image->name = name;
	size = lseek(fd, 0, SEEK_END); /* of a block device too */
	if (size < 0)
		return error_errno(err, "cannot read '%s'", name);
	if ((size_t)size < sizeof(super))
		return error_set(err, -EINVAL, "'%s' is no SquashFS image", name);
	r = read_at(image, &super, sizeof(super), 0, err);
	if (r < 0)
		return r;
	info_from(&super, &image->info);
	r = check_super(image, &super, (uint64_t)size, err);
	if (r < 0)
		return r;
	image->context = ZSTD_createDCtx();
	image->cache = calloc(META_CACHE, sizeof(*image->cache));
	image->data.bytes = malloc(image->info.block_size);
	image->fragment.bytes = malloc(image->info.block_size);
	image->compressed = malloc(image->info.block_size);
	if (!image->context || !image->cache || !image->data.bytes || !image->fragment.bytes ||
	    !image->compressed)
		return error_oom(err);
	r = load_tables(image, err);
	if (r < 0)
		return r;
	*ret_image = take(image);
	return 0;
}

void image_close(struct image *image)
{
	if (!image)
		return;
	ZSTD_freeDCtx(image->context);
	free(image->cache);
	free(image->ids);
	free(image->fragment_starts);
	free(image->fragment_sizes);
	free(image->sets);
	free(image->data.bytes);
	free(image->fragment.bytes);
	free(image->compressed);
	free(image);
}

void image_closep(struct image **image)
{
	int saved = errno;

	image_close(*image);
	errno = saved;
}

const struct image_info *image_info(const struct image *image)
{
	return &image->info;
}

int block_read(struct image *image, uint64_t position, uint32_t stored, uint8_t *into,
	       uint32_t *ret_size, struct error *err)
{
	bool raw = stored & SQFS_BLOCK_RAW;
	uint32_t size = stored & (SQFS_BLOCK_RAW - 1);
	size_t got;
	int r;

	if (stored & ~(uint32_t)(SQFS_BLOCK_RAW | (SQFS_BLOCK_RAW - 1)) || size == 0 ||
	    size > image->info.block_size)
		return image_damaged(image, "a block has no possible size", err);
	if (position > image->info.inode_table || image->info.inode_table - position < size)
		return image_damaged(image, "a block is outside the data", err);
	r = read_at(image, raw ? into : image->compressed, size, position, err);
	if (r < 0)
		return r;
	got = size;
	if (!raw)
		got = ZSTD_decompressDCtx(image->context, into, image->info.block_size,
					  image->compressed, size);
	if (ZSTD_isError(got))
		return image_damaged(image, "a block cannot be uncompressed", err);
	*ret_size = (uint32_t)got;
	return 0;
}
