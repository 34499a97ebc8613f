/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The names of a growing tree: all directories in one table of nodes, by parent and name. Open
 * addressing, so that a name costs a pointer and a find one look, and no directory has a table of its
 * own. Only tree.c uses it.
 */
#ifndef PACK_TREE_NAMES_H
#define PACK_TREE_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "pack/tree/node.h"

/* All zero is empty. */
struct names {
	struct node **slots;
	size_t count; /* of slots: 0 or a power of two; at most 3/4 in use */
};

void names_release(struct names *names);
/* Room for one more than `nodes`, which are those from root on: 0 or -ENOMEM. */
int names_reserve(struct names *names, uint64_t nodes, struct node *root);
/* One that is not in it; room is reserved. */
void names_put(struct names *names, struct node *node);
void names_drop(struct names *names, const struct node *node);
/* NULL: there is none. The table is not empty. */
struct node *names_find(const struct names *names, const struct node *parent, const char *name);

#endif
