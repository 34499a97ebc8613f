/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An intrusive hash table: the element carries a struct hash_link, the table allocates only its
 * buckets. Looking up costs O(1); the table doubles when it is full, so adding may fail with
 * -ENOMEM. Not locked: the owner's lock guards it. The caller hashes and compares:
 *
 *	struct name { struct hash_link link; char *text; };
 *
 *	uint64_t hash = hash_bytes(text, strlen(text));
 *	for (struct hash_link *l = hash_first(&table, hash); l; l = hash_next(l, hash))
 *		if (!strcmp(container_of(l, struct name, link)->text, text))
 *			return …;
 *	hash_add(&table, &name->link, hash);
 */
#ifndef DB_BASE_HASH_H
#define DB_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define container_of(pointer, type, member)                                                        \
	((type *)((char *)(pointer)-offsetof(type, member)))

struct hash_link {
	struct hash_link *next; /* in the same bucket */
	uint64_t hash;
};

/* All zero is an empty table. */
struct hash {
	struct hash_link **buckets;
	size_t nbuckets; /* 0 or a power of two */
	size_t count;    /* elements in the table */
};

/* Frees the buckets, not the elements. */
void hash_release(struct hash *hash);

/* 0, or -ENOMEM and nothing has changed. Equal elements are not looked for. */
int hash_add(struct hash *hash, struct hash_link *link, uint64_t value);

/* Takes out an element that is in the table. */
void hash_remove(struct hash *hash, struct hash_link *link);

/* The elements with this hash value, one after another; NULL ends. */
struct hash_link *hash_first(const struct hash *hash, uint64_t value);
struct hash_link *hash_next(const struct hash_link *link, uint64_t value);

/*
 * Every element, in no order: start with a cursor of 0 and call until NULL. The element returned may
 * be removed or freed before the next call; nothing else may change in between.
 */
struct hash_cursor {
	size_t bucket;
	struct hash_link *next;
};
struct hash_link *hash_each(const struct hash *hash, struct hash_cursor *cursor);

/* A 64-bit hash of bytes, as this machine orders them; not for hostile collisions, not for identity. */
uint64_t hash_bytes(const void *data, size_t size);
uint64_t hash_string(const char *text);
uint64_t hash_number(uint64_t number);
/* One value out of two, order matters. */
uint64_t hash_pair(uint64_t a, uint64_t b);

#endif
