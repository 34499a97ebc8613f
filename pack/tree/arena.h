/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An arena: memory for many small things that all live equally long. Taking some costs an addition,
 * and all of it goes back at once; nothing is freed or grown by itself. Not locked.
 */
#ifndef PACK_TREE_ARENA_H
#define PACK_TREE_ARENA_H

#include <stddef.h>

struct arena_chunk;

/* All zero is an empty arena. */
struct arena {
	struct arena_chunk *chunks;
	char *at;    /* what is free in the newest chunk, */
	size_t left; /* so many bytes */
};

/* Zeroed, aligned for pointers and 64-bit numbers; NULL when out of memory. */
void *arena_take(struct arena *arena, size_t size);
void arena_release(struct arena *arena);

#endif
