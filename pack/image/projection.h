/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How large an image would become, without compressing all of it: level 1 tries every block, which
 * costs little, and one block of so many is compressed as the image would be. What the level gains
 * over level 1 there, it gains elsewhere, too: over some 24 MiB that says the size of all within one
 * or two per cent. What level 1 cannot shrink would be stored raw and counts as it is.
 *
 * At levels where level 1 is no cheaper every block is compressed, and the size is exact.
 */
#ifndef PACK_IMAGE_PROJECTION_H
#define PACK_IMAGE_PROJECTION_H

#include <stdint.h>

#include "pack/image/workers.h"

struct projection {
	uint64_t stride;  /* each stride-th block is compressed; 0: all of them */
	uint64_t planned; /* blocks */
	uint64_t tried, gained; /* bytes of the compressed ones: by level 1, by the real level */
	uint64_t waiting; /* bytes by level 1 of those that were only tried */
};

/* total: bytes of all contents. */
void projection_init(struct projection *projection, int level, uint64_t total);
/* Before a block is submitted: sets its effort. */
void projection_plan(struct projection *projection, struct job *job);
/* When it is done: the bytes that are known to leave; the others wait for projection_rest(). */
uint64_t projection_add(struct projection *projection, const struct job *job);
/*
 * A compressed block that was done is there once more; size is what level 1 made of it. False: it was
 * what the level made of it, so these bytes leave.
 */
bool projection_again(struct projection *projection, uint32_t size);
/* When all are done: about how many bytes those make that were only tried. */
uint64_t projection_rest(const struct projection *projection);

#endif
