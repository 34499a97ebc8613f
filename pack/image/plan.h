/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every node of a tree gets its inode number and its place in the orders that the image is written
 * in; which orders and why is told in image.c.
 */
#ifndef PACK_IMAGE_PLAN_H
#define PACK_IMAGE_PLAN_H

#include "pack/image/writer.h"

/* A directory and when its turn is. */
struct turn {
	struct node *node;
	uint64_t key; /* TURN_HOT | group << 32 | number in the walk */
};

#define TURN_HOT (1ULL << 63) /* in a key: on the way to what is used */

/* The nodes in the orders they are written in. */
struct plan {
	ARRAY(struct node *) hot; /* leaves that are used, as they are; one name for each inode */
	ARRAY(struct turn) directories; /* cold, then hot; children before parents, the root last */
	size_t cold_directories;
	struct writer *writer;
	struct error *err;
	int64_t newest; /* mtime */
};

/*
 * plan->writer and plan->err are set. Sorts the tree, numbers its inodes and tells the data of their
 * sizes; refuses what the format cannot hold.
 */
int plan_make(struct plan *plan);
/*
 * Every leaf that is not used, in the order of the paths, one name for each inode. They are most of
 * them, so no list is kept. A visitor that returns non-zero ends it, and that is returned.
 */
int plan_each_cold(struct plan *plan, int (*visit)(struct plan *plan, struct node *leaf));
void plan_release(struct plan *plan);

#endif
