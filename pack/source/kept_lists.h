/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists of strings by a name, kept for who asks for the same many times: the names in a directory, the paths that
 * match a pattern. As what is at a path, they are what they were when they were first asked for.
 */
#ifndef PACK_SOURCE_KEPT_LISTS_H
#define PACK_SOURCE_KEPT_LISTS_H

#include <stddef.h>

#include "db/base/hash.h"
#include "pack/tree/arena.h"

/* Borrowed, and as long-lived as the table. */
struct kept_list {
	struct hash_link link;
	const char **items; /* in the order in which they came */
	size_t count;
	char name[];
};

/* All zero is an empty table. */
struct kept_lists {
	struct hash lists; /* struct kept_list by name */
	struct arena memory;
};

void kept_lists_release(struct kept_lists *lists);
/* NULL: not kept. */
const struct kept_list *kept_lists_find(const struct kept_lists *lists, const char *name);
/* Copies; NULL when out of memory. */
const struct kept_list *kept_lists_add(struct kept_lists *lists, const char *name, char *const *items,
				       size_t count);

#endif
