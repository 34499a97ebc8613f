/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How large an image would become, without compressing all of it: level 1 tries every block, which
 * costs little, and one block of so many is compressed as the image would be. What the level gains
 * over level 1 there, it gains elsewhere, too: over some 8 MiB that says the size of all within two or
 * three per cent, and how much the blocks differ says how far to trust it. What level 1 cannot
 * shrink would be stored raw and counts as it is; what is compressed lightly is cheap enough to be
 * compressed.
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
	/* Of the blocks that were compressed: bytes by level 1 and by the real level, and their squares. */
	double tried, gained, tried_squares, gained_squares, products;
	uint64_t compressed;
	uint64_t waiting; /* bytes by level 1 of those that were only tried */
	uint64_t waiters; /* how many these are */
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
/* In how many bytes of that it is right nineteen times of twenty; 0: it is exact. */
uint64_t projection_error(const struct projection *projection);

#endif
