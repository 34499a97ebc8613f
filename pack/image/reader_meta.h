/* SPDX-License-Identifier: BSD-2-Clause */
/* Metadata blocks as a stream of records, and the tables that positions behind their blocks lead to. */
#ifndef PACK_IMAGE_READER_META_H
#define PACK_IMAGE_READER_META_H

#include "db/base/error.h"
#include "pack/image/reader_image.h"

/* A place in a table; reading moves it. */
struct meta_cursor {
	struct image *image;
	const struct meta_table *table;
	uint64_t block; /* position in the file */
	uint32_t offset;
};

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

#endif
