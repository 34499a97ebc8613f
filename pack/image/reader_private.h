/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the rooms of the reader: metadata blocks as a stream, and inodes taken apart. */
#ifndef PACK_IMAGE_READER_PRIVATE_H
#define PACK_IMAGE_READER_PRIVATE_H

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

/* A place in a table; reading moves it. */
struct meta_cursor {
	struct image *image;
	const struct meta_table *table;
	uint64_t block; /* position in the file */
	uint32_t offset;
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

/* An inode, whatever its form on the disk. */
struct raw_inode {
	uint16_t type; /* basic */
	uint16_t mode;
	uint32_t uid, gid;
	uint32_t mtime, number, nlink, rdev, xattr;
	uint64_t size;
	uint32_t target_size;
	/* files */
	uint64_t start;
	uint32_t fragment, fragment_offset;
	/* directories */
	uint32_t block, parent;
	uint16_t offset;
};

int image_damaged(const struct image *image, const char *what, struct error *err);
/* All of these bytes of the file, or an error. */
int image_read_at(const struct image *image, void *data, size_t size, uint64_t position,
		  struct error *err);

/* offset is into the block, relative is to the table. */
int meta_seek(struct meta_cursor *cursor, struct image *image, const struct meta_table *table,
	      uint64_t relative, uint32_t offset, struct error *err);
int meta_read(struct meta_cursor *cursor, void *data, size_t size, struct error *err);
/* Set table->room by the headers of its blocks, which bounds all that the table can say. */
int meta_measure(struct image *image, struct meta_table *table, struct error *err);
/*
 * A table with positions behind its blocks: `count` records of `size` bytes into memory of the
 * caller. positions: where these are in the file; limit: where the file ends.
 */
int meta_records(struct image *image, uint64_t positions, uint64_t limit, uint32_t count,
		 size_t size, void **ret_records, struct error *err);

/* Leaves the cursor behind the fixed part: at block sizes or the target. */
int raw_inode_read(struct image *image, uint64_t reference, struct raw_inode *inode,
		   struct meta_cursor *cursor, struct error *err);

/* Load the sets, and give an inode those with this number. */
int reader_xattrs_load(struct image *image, struct error *err);
int reader_xattrs_give(struct image *image, uint32_t number, struct inode *inode,
		       struct error *err);

/* Read, and uncompress into `into`: at most block_size bytes; *ret_size how many came out. */
int block_read(struct image *image, uint64_t position, uint32_t stored, uint8_t *into,
	       uint32_t *ret_size, struct error *err);

#endif
