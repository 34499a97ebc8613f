/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A stream of metadata blocks: records of any size in, 8 KiB blocks compressed by the workers out.
 *
 * Where a block will stand is known only when all before it are compressed. So a record is first
 * remembered by its *place* (number of its block << 16 | offset), and metadata_reference() turns
 * that into the reference the format wants when it is needed, waiting for no more than it must.
 */
#ifndef PACK_IMAGE_METADATA_H
#define PACK_IMAGE_METADATA_H

#include <stddef.h>
#include <stdint.h>

#include "db/base/array.h"
#include "db/base/text.h"
#include "pack/image/output.h"
#include "pack/image/workers.h"

struct metadata {
	struct workers *workers;
	struct output *output; /* blocks go there when finished; NULL: into `kept` */
	struct text kept;
	uint8_t *block; /* being filled; a buffer of the workers, or NULL */
	uint32_t fill;  /* bytes in it */
	uint64_t size;  /* bytes of finished blocks, headers included */
	ARRAY(uint64_t) starts; /* of finished blocks, relative to the first; one more: the next */
	uint64_t submitted; /* blocks */
};

int metadata_init(struct metadata *metadata, struct workers *workers, struct output *output);
void metadata_release(struct metadata *metadata);

/* 0 or a negative errno. */
int metadata_add(struct metadata *metadata, const void *data, size_t size);
/* Where the next record will begin. */
uint64_t metadata_place(const struct metadata *metadata);
int metadata_reference(struct metadata *metadata, uint64_t place, uint64_t *ret_reference);
/* Nothing more comes: finish the last block and wait for all. */
int metadata_end(struct metadata *metadata);

#endif
