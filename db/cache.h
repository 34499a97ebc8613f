/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which id a key had: a table of fixed size in which a newcomer takes the place of whoever stood
 * there. Forgetting is harmless, the manifest knows; so nothing fails, and memory is bounded by the
 * number of slots (long keys are not kept at all).
 */
#ifndef DB_CACHE_H
#define DB_CACHE_H

#include <stddef.h>
#include <stdint.h>

struct cache_slot {
	char *key; /* NULL: free */
	uint64_t hash;
	size_t size; /* bytes of key */
	int64_t id;
	unsigned int state; /* the user's */
};

struct cache {
	struct cache_slot *slots; /* NULL until something was put */
	size_t count;             /* a power of two */
};

/* Set `count` before the first use; all else is zero. */
void cache_release(struct cache *cache);

/* NULL: not known (any more). Valid until the next cache_put(). */
struct cache_slot *cache_find(const struct cache *cache, const void *key, size_t size);
void cache_put(struct cache *cache, const void *key, size_t size, int64_t id, unsigned int state);

#endif
