// SPDX-License-Identifier: BSD-2-Clause
#include "db/base/hash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BUCKETS = 64 };

void hash_release(struct hash *hash)
{
	free(hash->buckets);
	*hash = (struct hash){0};
}

static struct hash_link **bucket_of(const struct hash *hash, uint64_t value)
{
	return &hash->buckets[value & (hash->nbuckets - 1)];
}

static int hash_resize(struct hash *hash, size_t nbuckets)
{
	struct hash grown = {.nbuckets = nbuckets, .count = hash->count};

	grown.buckets = calloc(nbuckets, sizeof(*grown.buckets));
	if (!grown.buckets)
		return -ENOMEM;
	for (size_t i = 0; i < hash->nbuckets; i++) {
		struct hash_link *next, *link;

		for (link = hash->buckets[i]; link; link = next) {
			struct hash_link **bucket = bucket_of(&grown, link->hash);

			next = link->next;
			link->next = *bucket;
			*bucket = link;
		}
	}
	free(hash->buckets);
	*hash = grown;
	return 0;
}

int hash_add(struct hash *hash, struct hash_link *link, uint64_t value)
{
	struct hash_link **bucket;

	if (hash->count >= hash->nbuckets) {
		int r = hash_resize(hash, hash->nbuckets ? hash->nbuckets * 2 : FIRST_BUCKETS);

		if (r < 0)
			return r;
	}
	bucket = bucket_of(hash, value);
	link->hash = value;
	link->next = *bucket;
	*bucket = link;
	hash->count++;
	return 0;
}

void hash_remove(struct hash *hash, struct hash_link *link)
{
	struct hash_link **at = bucket_of(hash, link->hash);

	while (*at != link)
		at = &(*at)->next;
	*at = link->next;
	link->next = NULL;
	hash->count--;
}

static struct hash_link *match_from(struct hash_link *link, uint64_t value)
{
	while (link && link->hash != value)
		link = link->next;
	return link;
}

struct hash_link *hash_first(const struct hash *hash, uint64_t value)
{
	return hash->nbuckets ? match_from(*bucket_of(hash, value), value) : NULL;
}

struct hash_link *hash_next(const struct hash_link *link, uint64_t value)
{
	return match_from(link->next, value);
}

struct hash_link *hash_each(const struct hash *hash, struct hash_cursor *cursor)
{
	struct hash_link *link = cursor->next;

	while (!link && cursor->bucket < hash->nbuckets)
		link = hash->buckets[cursor->bucket++];
	cursor->next = link ? link->next : NULL;
	return link;
}

/* The finalizer of splitmix64: spreads every input bit over the low ones we index with. */
uint64_t hash_number(uint64_t number)
{
	number ^= number >> 30;
	number *= UINT64_C(0xbf58476d1ce4e5b9);
	number ^= number >> 27;
	number *= UINT64_C(0x94d049bb133111eb);
	return number ^ number >> 31;
}

/* One round for eight bytes; the multiplication carries them up, the shift brings them down again. */
static uint64_t mix(uint64_t value)
{
	value *= UINT64_C(0x9e3779b97f4a7c15);
	return value ^ value >> 32;
}

uint64_t hash_bytes(const void *data, size_t size)
{
	const unsigned char *bytes = data;
	uint64_t value = size, word = 0;

	for (; size >= sizeof(word); bytes += sizeof(word), size -= sizeof(word)) {
		memcpy(&word, bytes, sizeof(word));
		value = mix(value ^ word);
	}
	word = 0;
	memcpy(&word, bytes, size);
	return hash_number(value ^ word);
}

uint64_t hash_string(const char *text)
{
	return hash_bytes(text, strlen(text));
}

uint64_t hash_pair(uint64_t a, uint64_t b)
{
	return hash_number(a * 31 + b);
}
