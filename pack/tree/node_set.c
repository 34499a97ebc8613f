// SPDX-License-Identifier: BSD-2-Clause
#include "pack/tree/node_set.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

struct member {
	struct hash_link link;
	const struct node *node;
};

static uint64_t node_hash(const struct node *node)
{
	return hash_number((uint64_t)(uintptr_t)node);
}

void node_set_release(struct node_set *set)
{
	struct hash_cursor cursor = {0};
	struct hash_link *link;

	while ((link = hash_each(&set->members, &cursor)))
		free(container_of(link, struct member, link));
	hash_release(&set->members);
}

bool node_set_has(const struct node_set *set, const struct node *node)
{
	uint64_t hash = node_hash(node);

	for (struct hash_link *l = hash_first(&set->members, hash); l; l = hash_next(l, hash))
		if (container_of(l, struct member, link)->node == node)
			return true;
	return false;
}

int node_set_add(struct node_set *set, const struct node *node)
{
	struct member *member = malloc(sizeof(*member));

	if (!member || hash_add(&set->members, &member->link, node_hash(node)) < 0) {
		free(member);
		return -ENOMEM;
	}
	member->node = node;
	return 0;
}
