// SPDX-License-Identifier: BSD-2-Clause
#include "pack/image/reader_meta.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"

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
	r = image_read_at(image, &header, sizeof(header), position, err);
	if (r < 0)
		return r;
	header = le16toh(header);
	size = header & (SQFS_META_RAW - 1);
	if (size == 0 || size > SQFS_META_SIZE || table->end - position - 2 < size)
		return image_damaged(image, "a metadata block has no possible size", err);
	*ret_next = position + 2 + size;
	if (!into)
		return 0;
	r = image_read_at(image, header & SQFS_META_RAW ? into->bytes : stored, size, position + 2, err);
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

int meta_measure(struct image *image, struct meta_table *table, struct error *err)
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

int meta_records(struct image *image, uint64_t positions, uint64_t limit, uint32_t count,
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
		int r = image_read_at(image, &position, sizeof(position), positions + i * 8, err);

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
