// SPDX-License-Identifier: BSD-2-Clause
#include "pack/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/hash.h"
#include "pack/arena.h"

enum {
	INODES_PER_SLAB = 256,
	FIRST_SLOTS = 64,
	NAME_LONGEST = 255, /* bytes */
};

/* Inodes live in slabs: no bytes lost between them, and all can be found to free what they own. */
struct slab {
	struct slab *next;
	struct inode inodes[INODES_PER_SLAB];
};

struct tree {
	struct node *root;
	struct slab *slabs;
	size_t slab_used;        /* inodes handed out of the newest slab */
	struct inode *free_inodes; /* linked by `scratch` */
	struct arena nodes; /* a removed one's bytes come back with the tree */
	/* Open addressing, keyed by (parent, name): the names of all directories in one table. */
	struct node **slots;
	size_t nslots; /* 0 or a power of two; at most 3/4 in use */
	uint64_t node_count, inode_count;
	bool sorted;
};

/* --- names in directories ------------------------------------------------------------------- */

static size_t slot_first(const struct tree *tree, const struct node *parent, const char *name)
{
	return hash_pair((uintptr_t)parent, hash_string(name)) & (tree->nslots - 1);
}

static void slot_put(struct tree *tree, struct node *node)
{
	size_t at = slot_first(tree, node->parent, node->name);

	while (tree->slots[at])
		at = (at + 1) & (tree->nslots - 1);
	tree->slots[at] = node;
}

static int slots_reserve(struct tree *tree)
{
	struct node **old = tree->slots;
	size_t nold = tree->nslots;

	if (tree->node_count < nold / 4 * 3)
		return 0;
	tree->nslots = nold ? nold * 2 : FIRST_SLOTS;
	tree->slots = calloc(tree->nslots, sizeof(*tree->slots));
	if (!tree->slots) {
		tree->slots = old;
		tree->nslots = nold;
		return -ENOMEM;
	}
	for (size_t i = 0; i < nold; i++)
		if (old[i])
			slot_put(tree, old[i]);
	free(old);
	return 0;
}

/* Close the gap behind a removed slot, so that no probe ends too early. */
static void slot_drop(struct tree *tree, const struct node *node)
{
	size_t mask = tree->nslots - 1;
	size_t hole = slot_first(tree, node->parent, node->name), at;

	while (tree->slots[hole] != node)
		hole = (hole + 1) & mask;
	for (at = (hole + 1) & mask; tree->slots[at]; at = (at + 1) & mask) {
		const struct node *moved = tree->slots[at];
		size_t home = slot_first(tree, moved->parent, moved->name);

		if (((at - home) & mask) < ((at - hole) & mask))
			continue;
		tree->slots[hole] = tree->slots[at];
		hole = at;
	}
	tree->slots[hole] = NULL;
}

struct node *node_child(const struct node *directory, const char *name)
{
	const struct tree *tree = directory->tree;

	if (!tree->nslots)
		return NULL;
	for (size_t at = slot_first(tree, directory, name); tree->slots[at];
	     at = (at + 1) & (tree->nslots - 1)) {
		struct node *node = tree->slots[at];

		if (node->parent == directory && strcmp(node->name, name) == 0)
			return node;
	}
	return NULL;
}

/* Room is a power of two, so the count alone says when it is used up. */
static int children_reserve(struct node *directory)
{
	uint32_t count = directory->child_count;
	struct node **grown;

	if (count & (count - 1))
		return 0;
	if (count >= UINT32_MAX / 2)
		return -ENOMEM;
	grown = reallocarray(directory->children, count ? (size_t)count * 2 : 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	directory->children = grown;
	return 0;
}

/* --- memory --------------------------------------------------------------------------------- */

static struct inode *inode_new(struct tree *tree)
{
	struct inode *inode = tree->free_inodes;

	if (inode) {
		tree->free_inodes = (struct inode *)(uintptr_t)inode->scratch;
		inode->scratch = 0;
		return inode;
	}
	if (!tree->slabs || tree->slab_used == INODES_PER_SLAB) {
		struct slab *slab = calloc(1, sizeof(*slab));

		if (!slab)
			return NULL;
		slab->next = tree->slabs;
		tree->slabs = slab;
		tree->slab_used = 0;
	}
	return &tree->slabs->inodes[tree->slab_used++];
}

static void inode_release(struct inode *inode)
{
	free(inode->target);
	if (inode->xattrs) {
		for (size_t i = 0; i < inode->xattrs->count; i++) {
			free(inode->xattrs->items[i].name);
			free(inode->xattrs->items[i].value);
		}
		free(inode->xattrs->items);
		free(inode->xattrs);
	}
	content_release(&inode->content);
	memset(inode, 0, sizeof(*inode));
}

static void inode_free(struct tree *tree, struct inode *inode)
{
	inode_release(inode);
	inode->scratch = (uintptr_t)tree->free_inodes;
	tree->free_inodes = inode;
}

static struct node *node_new(struct tree *tree, const char *name)
{
	size_t length = strlen(name);
	struct node *node = arena_take(&tree->nodes, sizeof(*node) + length + 1);

	if (!node)
		return NULL;
	memcpy(node->name, name, length + 1);
	node->tree = tree;
	return node;
}

int tree_new(struct tree **ret_tree)
{
	_cleanup_(tree_freep) struct tree *tree = calloc(1, sizeof(*tree));
	struct node *root;

	if (!tree)
		return -ENOMEM;
	root = node_new(tree, "");
	if (!root)
		return -ENOMEM;
	root->parent = root;
	root->inode = inode_new(tree);
	if (!root->inode)
		return -ENOMEM;
	root->inode->mode = S_IFDIR | 0755;
	root->inode->nlink = 1;
	tree->root = root;
	tree->node_count = tree->inode_count = 1;
	*ret_tree = take(tree);
	return 0;
}

void tree_free(struct tree *tree)
{
	if (!tree)
		return;
	for (size_t i = 0; i < tree->nslots; i++)
		if (tree->slots[i])
			free(tree->slots[i]->children);
	if (tree->root)
		free(tree->root->children);
	for (struct slab *slab = tree->slabs, *next; slab; slab = next) {
		next = slab->next;
		for (size_t i = 0; i < INODES_PER_SLAB; i++)
			inode_release(&slab->inodes[i]);
		free(slab);
	}
	arena_release(&tree->nodes);
	free(tree->slots);
	free(tree);
}

void tree_freep(struct tree **tree)
{
	int saved = errno;

	tree_free(*tree);
	errno = saved;
}

/* --- adding and removing -------------------------------------------------------------------- */

struct node *tree_root(const struct tree *tree)
{
	return tree->root;
}

uint64_t tree_node_count(const struct tree *tree)
{
	return tree->node_count;
}

uint64_t tree_inode_count(const struct tree *tree)
{
	return tree->inode_count;
}

static int name_check(const struct node *directory, const char *name)
{
	if (!node_is_dir(directory))
		return -ENOTDIR;
	if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strchr(name, '/'))
		return -EINVAL;
	if (strlen(name) > NAME_LONGEST)
		return -ENAMETOOLONG;
	return node_child(directory, name) ? -EEXIST : 0;
}

static int node_attach(struct node *directory, const char *name, struct inode *inode,
		       struct node **ret_node)
{
	struct tree *tree = directory->tree;
	struct node *node;

	if (slots_reserve(tree) < 0 || children_reserve(directory) < 0)
		return -ENOMEM;
	node = node_new(tree, name);
	if (!node)
		return -ENOMEM;
	node->parent = directory;
	node->inode = inode;
	node->index = directory->child_count;
	directory->children[directory->child_count++] = node;
	slot_put(tree, node);
	inode->nlink++;
	tree->node_count++;
	tree->sorted = false;
	if (ret_node)
		*ret_node = node;
	return 0;
}

int node_add(struct node *directory, const char *name, uint32_t mode, struct node **ret_node)
{
	struct tree *tree = directory->tree;
	struct inode *inode;
	int r;

	r = name_check(directory, name);
	if (r < 0)
		return r;
	inode = inode_new(tree);
	if (!inode)
		return -ENOMEM;
	inode->mode = mode;
	r = node_attach(directory, name, inode, ret_node);
	if (r < 0) {
		inode_free(tree, inode);
		return r;
	}
	tree->inode_count++;
	return 0;
}

int node_link(struct node *directory, const char *name, struct node *peer, struct node **ret_node)
{
	int r;

	if (node_is_dir(peer))
		return -EISDIR;
	r = name_check(directory, name);
	if (r < 0)
		return r;
	return node_attach(directory, name, peer->inode, ret_node);
}

/* Take out a node that has no children. */
static void node_detach(struct node *node)
{
	struct node *parent = node->parent;
	struct tree *tree = node->tree;
	struct node *last = parent->children[parent->child_count - 1];

	slot_drop(tree, node);
	if (last != node) {
		parent->children[node->index] = last;
		last->index = node->index;
		tree->sorted = false;
	}
	parent->child_count--;
	tree->node_count--;
	free(node->children);
	node->children = NULL;
	if (--node->inode->nlink == 0) {
		inode_free(tree, node->inode);
		tree->inode_count--;
	}
}

void node_clear(struct node *directory)
{
	struct node *at = directory;

	/* down along the last children and up again: no recursion, whatever the depth */
	while (directory->child_count) {
		struct node *parent;

		while (at->child_count)
			at = at->children[at->child_count - 1];
		parent = at->parent;
		node_detach(at);
		at = parent;
	}
}

void node_remove(struct node *node)
{
	node_clear(node);
	if (node != node->tree->root)
		node_detach(node);
}

/* --- order -------------------------------------------------------------------------------- */

static int compare_names(const void *a, const void *b)
{
	const struct node *const *left = a, *const *right = b;

	return strcmp((*left)->name, (*right)->name);
}

static int sort_children(struct node *node, void *data)
{
	(void)data;
	for (uint32_t i = 1; i < node->child_count; i++) {
		if (compare_names(&node->children[i - 1], &node->children[i]) < 0)
			continue;
		qsort(node->children, node->child_count, sizeof(*node->children), compare_names);
		break;
	}
	for (uint32_t i = 0; i < node->child_count; i++)
		node->children[i]->index = i;
	return 0;
}

int tree_sort(struct tree *tree)
{
	if (!tree->sorted)
		tree_walk(tree, sort_children, NULL);
	tree->sorted = true;
	return 0;
}
