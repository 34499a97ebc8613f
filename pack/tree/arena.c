// SPDX-License-Identifier: BSD-2-Clause
#include "pack/tree/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
	CHUNK = 64 * 1024, /* bytes */
	ALIGNMENT = _Alignof(uint64_t),
};

struct arena_chunk {
	struct arena_chunk *next;
	_Alignas(uint64_t) char bytes[];
};

/* A chunk with room for `size` bytes; what does not fit a usual one gets one of its own. */
static int chunk_add(struct arena *arena, size_t size)
{
	size_t room = size > CHUNK ? size : CHUNK;
	struct arena_chunk *chunk = calloc(1, sizeof(*chunk) + room);

	if (!chunk)
		return -1;
	chunk->next = arena->chunks;
	arena->chunks = chunk;
	arena->at = chunk->bytes;
	arena->left = room;
	return 0;
}

void *arena_take(struct arena *arena, size_t size)
{
	void *taken;

	size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	if (size > arena->left && chunk_add(arena, size) < 0)
		return NULL;
	taken = arena->at;
	arena->at += size;
	arena->left -= size;
	return taken;
}

void arena_release(struct arena *arena)
{
	for (struct arena_chunk *chunk = arena->chunks, *next; chunk; chunk = next) {
		next = chunk->next;
		free(chunk);
	}
	*arena = (struct arena){0};
}
