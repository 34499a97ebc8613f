/* SPDX-License-Identifier: BSD-2-Clause */
/* A set of nodes by their addresses; starts as zeros. It owns nothing and never looks into a node. */
#ifndef PACK_TREE_NODE_SET_H
#define PACK_TREE_NODE_SET_H

#include <stdbool.h>

#include "db/base/hash.h"

struct node;

struct node_set {
	struct hash members;
};

void node_set_release(struct node_set *set);
bool node_set_has(const struct node_set *set, const struct node *node);
/* One that is not in it yet: 0 or -ENOMEM. */
int node_set_add(struct node_set *set, const struct node *node);

#endif
