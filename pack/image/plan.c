// SPDX-License-Identifier: BSD-2-Clause
#include "pack/image/plan.h"

#include <stdlib.h>

#include "db/base/array.h"
#include "pack/image/inode.h"

static int plan_leaf(struct plan *plan, struct node *node)
{
	struct inode *inode = node->inode;

	if (inode->order)
		node->parent->inode->order = 1; /* a directory's says only: on the way */
	if (inode->number)
		return 0; /* another name of it came before */
	inode->number = ++plan->writer->inode_count;
	if (S_ISREG(inode->mode) && inode->size)
		data_expect(&plan->writer->data, inode);
	return inode->order ? array_push(&plan->hot, node) : 0;
}

/* Children are numbered together, so that a listing's differences are small. */
static int plan_node(struct node *node, void *data)
{
	struct plan *plan = data;
	int r;

	r = inode_check(plan->writer, node, plan->err);
	if (r < 0)
		return r;
	if (node->inode->mtime > plan->newest)
		plan->newest = node->inode->mtime;
	if (!node_is_dir(node))
		return 0;
	for (uint32_t i = 0; i < node_child_count(node); i++) {
		struct node *child = node_child_at(node, i);

		if (node_is_dir(child))
			child->inode->number = ++plan->writer->inode_count;
		else if ((r = plan_leaf(plan, child)) < 0)
			return r;
	}
	return array_push(&plan->directories,
			  ((struct turn){.node = node, .key = plan->directories.count}));
}

static int forget(struct node *node, void *data)
{
	(void)data;
	node->inode->number = 0;
	node->inode->scratch = 0;
	return 0;
}

static int compare_use(const void *a, const void *b)
{
	const struct node *const *left = a, *const *right = b;
	uint64_t l = (*left)->inode->order, r = (*right)->inode->order;

	if (l != r)
		return l < r ? -1 : 1;
	return (*left)->inode->number < (*right)->inode->number ? -1 : 1;
}

static int compare_turns(const void *a, const void *b)
{
	const struct turn *left = a, *right = b;

	return left->key < right->key ? -1 : left->key > right->key;
}

/* A walk over all that are not used. */
struct cold_walk {
	struct plan *plan;
	int (*visit)(struct plan *plan, struct node *leaf);
	uint32_t number; /* the highest one met */
};

static int visit_cold(struct node *node, void *data)
{
	struct cold_walk *walk = data;
	int r = 0;

	for (uint32_t i = 0; i < node_child_count(node) && r == 0; i++) {
		struct node *child = node_child_at(node, i);

		if (child->inode->number <= walk->number)
			continue; /* another name of it came before: numbers follow the walk */
		walk->number = child->inode->number;
		if (!node_is_dir(child) && !child->inode->order)
			r = walk->visit(walk->plan, child);
	}
	return r;
}

int plan_each_cold(struct plan *plan, int (*visit)(struct plan *plan, struct node *leaf))
{
	struct cold_walk walk = {.plan = plan, .visit = visit};

	return tree_walk(plan->writer->tree, visit_cold, &walk);
}

/*
 * Heights and heat climb from children to parents: the walk's order backwards. Cold directories of one
 * height are a group, a hot one is a group of its own.
 */
static void plan_directories(struct plan *plan)
{
	struct turn *turns = plan->directories.items;

	for (size_t i = plan->directories.count; i--;) {
		struct inode *inode = turns[i].node->inode;
		struct inode *parent = turns[i].node->parent->inode;
		uint64_t height = inode->scratch;

		if (parent != inode) {
			if (parent->scratch <= height)
				parent->scratch = height + 1;
			if (inode->order && !parent->order)
				parent->order = 1;
		}
		turns[i].key |= inode->order ? TURN_HOT | (uint64_t)(INT32_MAX - i) << 32
					     : height << 32;
	}
	sort_items(turns, plan->directories.count, sizeof(*turns), compare_turns);
	while (plan->cold_directories < plan->directories.count &&
	       !(turns[plan->cold_directories].key & TURN_HOT))
		plan->cold_directories++;
}

int plan_make(struct plan *plan)
{
	struct writer *writer = plan->writer;
	struct node *root = tree_root(writer->tree);
	int r;

	if (tree_inode_count(writer->tree) >= UINT32_MAX)
		return error_set(plan->err, -EOVERFLOW, "an image holds at most %u files",
				 UINT32_MAX - 1);
	tree_walk(writer->tree, forget, NULL);
	r = tree_settle(writer->tree);
	if (r == 0)
		r = tree_walk(writer->tree, plan_node, plan);
	if (r < 0)
		return r;
	root->inode->number = ++writer->inode_count;
	array_sort(&plan->hot, compare_use);
	plan_directories(plan);
	writer->stats.inodes = writer->inode_count;
	return 0;
}

void plan_release(struct plan *plan)
{
	array_release(&plan->hot);
	array_release(&plan->directories);
}
