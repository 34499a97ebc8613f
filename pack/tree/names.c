// SPDX-License-Identifier: BSD-2-Clause
#include "pack/tree/names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/hash.h"

enum { FIRST_SLOTS = 64 };

void names_release(struct names *names)
{
	free(names->slots);
	*names = (struct names){0};
}

static size_t slot_first(const struct names *names, const struct node *parent, const char *name)
{
	return hash_pair((uintptr_t)parent, hash_string(name)) & (names->count - 1);
}

void names_put(struct names *names, struct node *node)
{
	size_t at = slot_first(names, node->parent, node->name);

	while (names->slots[at])
		at = (at + 1) & (names->count - 1);
	names->slots[at] = node;
}

static int put_again(struct node *node, void *data)
{
	if (node != node->parent) /* the root has no name */
		names_put(data, node);
	return 0;
}

int names_reserve(struct names *names, uint64_t nodes, struct node *root)
{
	size_t wanted = names->count ? names->count : FIRST_SLOTS;
	struct node **slots;

	while (nodes >= wanted / 4 * 3)
		wanted *= 2;
	if (wanted == names->count)
		return 0;
	slots = calloc(wanted, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	free(names->slots);
	names->slots = slots;
	names->count = wanted;
	return node_walk(root, put_again, names);
}

/* Close the gap behind a removed slot, so that no probe ends too early. */
void names_drop(struct names *names, const struct node *node)
{
	size_t mask = names->count - 1;
	size_t hole = slot_first(names, node->parent, node->name), at;

	while (names->slots[hole] != node)
		hole = (hole + 1) & mask;
	for (at = (hole + 1) & mask; names->slots[at]; at = (at + 1) & mask) {
		const struct node *moved = names->slots[at];
		size_t home = slot_first(names, moved->parent, moved->name);

		if (((at - home) & mask) < ((at - hole) & mask))
			continue;
		names->slots[hole] = names->slots[at];
		hole = at;
	}
	names->slots[hole] = NULL;
}

struct node *names_find(const struct names *names, const struct node *parent, const char *name)
{
	for (size_t at = slot_first(names, parent, name); names->slots[at];
	     at = (at + 1) & (names->count - 1)) {
		struct node *node = names->slots[at];

		if (node->parent == parent && strcmp(node->name, name) == 0)
			return node;
	}
	return NULL;
}
