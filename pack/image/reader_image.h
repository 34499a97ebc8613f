/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An image that is open: what the rooms of the reader share. Its bytes are read here, and its blocks
 * uncompressed; what they mean is said further up.
 */
#ifndef PACK_IMAGE_READER_IMAGE_H
#define PACK_IMAGE_READER_IMAGE_H

#include <stdbool.h>
#include <zstd.h>

#include "pack/image/format.h"
#include "pack/image/reader.h"

enum { META_CACHE = 64 };

struct meta_block {
	uint64_t position; /* in the file; 0: empty */
	uint64_t next;     /* where the next block begins */
	uint32_t size;     /* uncompressed bytes */
	uint8_t bytes[SQFS_META_SIZE];
};

/* The metadata blocks of one table. */
struct meta_table {
	uint64_t start, end; /* in the file */
	uint64_t room;       /* bytes its blocks can hold at most */
};

/* One uncompressed data or fragment block. */
struct block_cache {
	uint64_t position; /* 0: empty */
	uint32_t size;
	uint8_t *bytes;
};

struct image {
	int fd;
	const char *name;
	struct image_info info;
	ZSTD_DCtx *context;
	struct meta_table inodes, directories, values;
	struct meta_block *cache;
	uint32_t *ids;
	uint64_t *fragment_starts;
	uint32_t *fragment_sizes;
	uint64_t xattr_bytes; /* handed out so far; bounded */
	struct sqfs_xattr_set *sets;
	uint32_t set_count;
	struct block_cache data, fragment;
	uint8_t *compressed; /* room for one stored block */
};

int image_damaged(const struct image *image, const char *what, struct error *err);
/* All of these bytes of the file, or an error. */
int image_read_at(const struct image *image, void *data, size_t size, uint64_t position,
		  struct error *err);

/* Read, and uncompress into `into`: at most block_size bytes; *ret_size how many came out. */
int block_read(struct image *image, uint64_t position, uint32_t stored, uint8_t *into,
	       uint32_t *ret_size, struct error *err);

#endif
