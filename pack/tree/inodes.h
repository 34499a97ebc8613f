/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The inodes of a tree, in slabs: no bytes are lost between them, and all can be found to free what
 * they own. Only tree.c takes any.
 */
#ifndef PACK_TREE_INODES_H
#define PACK_TREE_INODES_H

#include <stddef.h>

#include "pack/tree/node.h"

struct inode_slab;

/* All zero is empty. */
struct inodes {
	struct inode_slab *slabs;
	size_t used;        /* inodes handed out of the newest slab */
	struct inode *free; /* linked by `scratch` */
};

/* All zero; NULL when out of memory. */
struct inode *inodes_take(struct inodes *inodes);
/* Free what it owns, and use it again. */
void inodes_give_back(struct inodes *inodes, struct inode *inode);
void inodes_release(struct inodes *inodes);

#endif
