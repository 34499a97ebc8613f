// SPDX-License-Identifier: BSD-2-Clause
#include "pack/image/reader.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "db/base/cleanup.h"
#include "pack/image/reader_image.h"
#include "pack/image/reader_meta.h"
#include "pack/image/reader_xattr.h"

static int load_ids(struct image *image, struct error *err)
{
	void *records;
	int r = meta_records(image, image->info.id_table, image->info.bytes_used,
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
	r = meta_records(image, image->info.fragment_table, image->info.bytes_used, count,
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
		return error_set(err, -EBADMSG, "'%s' is no SquashFS image", image->name);
	if (le16toh(super->major) != SQFS_MAJOR || le16toh(super->minor) != 0)
		return error_set(err, -EBADMSG, "'%s' is SquashFS %u.%u; only 4.0 can be read",
				 image->name, le16toh(super->major), le16toh(super->minor));
	if (le16toh(super->compressor) != SQFS_ZSTD)
		return error_set(err, -EBADMSG, "'%s' is not compressed with zstd", image->name);
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
			    : image_read_at(image, &first, sizeof(first), next[i], err);
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
		r = meta_measure(image, &image->inodes, err);
	if (r == 0)
		r = meta_measure(image, &image->directories, err);
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
		return error_set(err, -EBADMSG, "'%s' is no SquashFS image", name);
	r = image_read_at(image, &super, sizeof(super), 0, err);
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
