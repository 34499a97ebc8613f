/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The small tables of an image: records of one size in metadata blocks, and behind the blocks their
 * positions in the file, u64 each. The superblock points at the positions.
 */
#ifndef PACK_IMAGE_TABLE_H
#define PACK_IMAGE_TABLE_H

#include <stdint.h>

#include "pack/image/metadata.h"

/*
 * Write the finished blocks of `metadata` (one that keeps them) and their positions.
 * header: goes between both (for the attributes), or NULL with header_size 0; *ret_position is where
 * it is, or else where the positions are.
 */
int table_write(struct output *output, struct metadata *metadata, void *header,
		size_t header_size, uint64_t *ret_position);

/* Owners and groups: each number once. */
struct ids {
	uint32_t *numbers; /* by index; owned */
	uint32_t count;
	uint32_t *slots; /* index plus 1, open addressing over numbers; 0: empty; owned */
};

int ids_init(struct ids *ids);
void ids_release(struct ids *ids);
/* 0, -ENOMEM, or -EOVERFLOW: the format has room for no more. */
int ids_index(struct ids *ids, uint32_t number, uint16_t *ret_index);

#endif
