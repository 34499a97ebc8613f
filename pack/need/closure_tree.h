/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a computed closure to a tree: each entry as the source has it, with what the rules change,
 * and the mount points that every root needs.
 */
#ifndef PACK_NEED_CLOSURE_TREE_H
#define PACK_NEED_CLOSURE_TREE_H

#include "db/base/error.h"
#include "pack/need/closure.h"
#include "pack/tree/tree.h"

/*
 * Put the entries that are in below `top`, a directory of a tree. The source must outlive the tree,
 * for the contents. Extended attributes that cannot be stored become a warning of the closure.
 */
int closure_tree(struct closure *closure, struct node *top, struct error *err);

/* What is below a directory of a tree, for the result line. */
struct tree_totals {
	uint64_t files, links, directories, others; /* names; hard links each count */
	uint64_t bytes; /* of regular files, hard links once, holes not */
};
void tree_total(struct node *top, struct tree_totals *ret_totals);

#endif
