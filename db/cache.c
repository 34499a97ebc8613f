// SPDX-License-Identifier: BSD-2-Clause
#include "db/cache.h"

#include <stdlib.h>
#include <string.h>

#include "db/base/hash.h"

enum { LONGEST_KEY = 256 };

void cache_release(struct cache *cache)
{
	for (size_t i = 0; cache->slots && i < cache->count; i++)
		free(cache->slots[i].key);
	free(cache->slots);
	cache->slots = NULL;
}

static struct cache_slot *slot_of(const struct cache *cache, uint64_t hash)
{
	return &cache->slots[hash & (cache->count - 1)];
}

struct cache_slot *cache_find(const struct cache *cache, const void *key, size_t size)
{
	struct cache_slot *slot;
	uint64_t hash;

	if (!cache->slots || size > LONGEST_KEY)
		return NULL;
	hash = hash_bytes(key, size);
	slot = slot_of(cache, hash);
	if (!slot->key || slot->hash != hash || slot->size != size ||
	    memcmp(slot->key, key, size) != 0)
		return NULL;
	return slot;
}

void cache_put(struct cache *cache, const void *key, size_t size, int64_t id, unsigned int state)
{
	uint64_t hash = hash_bytes(key, size);
	struct cache_slot *slot;
	char *copy;

	if (size > LONGEST_KEY)
		return;
	if (!cache->slots)
		cache->slots = calloc(cache->count, sizeof(*cache->slots));
	copy = cache->slots ? malloc(size ? size : 1) : NULL;
	if (!copy)
		return;
	memcpy(copy, key, size);
	slot = slot_of(cache, hash);
	free(slot->key);
	*slot = (struct cache_slot){copy, hash, size, id, state};
}
