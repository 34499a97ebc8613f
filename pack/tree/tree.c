// SPDX-License-Identifier: BSD-2-Clause
#include "pack/tree/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "pack/tree/arena.h"
#include "pack/tree/inodes.h"
#include "pack/tree/names.h"

enum { NAME_LONGEST = 255 /* bytes */ };

struct tree {
	struct node *root;
	struct inodes inodes;
	struct arena nodes; /* a removed one's bytes come back with the tree */
	struct names names; /* empty: all directories are in order, and names are found by that */
	uint64_t node_count, inode_count;
	bool sorted;
};

/* --- names in directories ------------------------------------------------------------------- */

static struct node *child_in_order(const struct directory *directory, const char *name)
{
	uint32_t low = 0, high = directory->child_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (strcmp(directory->children[middle]->name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == directory->child_count || strcmp(directory->children[low]->name, name) != 0)
		return NULL;
	return directory->children[low];
}

struct node *node_child(const struct node *directory, const char *name)
{
	const struct tree *tree = node_tree(directory);

	if (tree->names.count)
		return names_find(&tree->names, directory, name);
	return node_is_dir(directory) ? child_in_order(directory->inode->directory, name) : NULL;
}

/* Room is a power of two, so the count alone says when it is used up. */
static int children_reserve(struct directory *directory)
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

static struct inode *inode_new(struct tree *tree, uint32_t mode)
{
	struct inode *inode = inodes_take(&tree->inodes);
	struct directory *directory;

	if (!inode)
		return NULL;
	if (S_ISDIR(mode)) {
		directory = arena_take(&tree->nodes, sizeof(*directory));
		if (!directory) {
			inodes_give_back(&tree->inodes, inode);
			return NULL;
		}
		directory->tree = tree;
		directory->rootfd = -1;
		inode->directory = directory;
	}
	inode->mode = (uint16_t)mode;
	return inode;
}

static struct node *node_new(struct tree *tree, const char *name)
{
	size_t length = strlen(name);
	struct node *node = arena_take(&tree->nodes, offsetof(struct node, name) + length + 1);

	if (node)
		memcpy(node->name, name, length + 1);
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
	root->inode = inode_new(tree, S_IFDIR | 0755);
	if (!root->inode)
		return -ENOMEM;
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
	inodes_release(&tree->inodes);
	arena_release(&tree->nodes);
	names_release(&tree->names);
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
	struct directory *to = directory->inode->directory;
	struct tree *tree = to->tree;
	struct node *node;

	if (names_reserve(&tree->names, tree->node_count, tree->root) < 0 || children_reserve(to) < 0)
		return -ENOMEM;
	node = node_new(tree, name);
	if (!node)
		return -ENOMEM;
	node->parent = directory;
	node->inode = inode;
	node->index = to->child_count;
	to->children[to->child_count++] = node;
	names_put(&tree->names, node);
	inode->nlink++;
	tree->node_count++;
	tree->sorted = false;
	if (ret_node)
		*ret_node = node;
	return 0;
}

int node_add(struct node *directory, const char *name, uint32_t mode, struct node **ret_node)
{
	struct tree *tree = node_tree(directory);
	struct inode *inode;
	int r;

	r = name_check(directory, name);
	if (r < 0)
		return r;
	inode = inode_new(tree, mode);
	if (!inode)
		return -ENOMEM;
	r = node_attach(directory, name, inode, ret_node);
	if (r < 0) {
		inodes_give_back(&tree->inodes, inode);
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

/* Out of its parent's children: the last one takes its place, or all behind it move up in order. */
static void leave_siblings(struct tree *tree, const struct node *node)
{
	struct directory *from = node->parent->inode->directory;
	uint32_t last = --from->child_count;

	if (tree->names.count && node->index != last) {
		from->children[node->index] = from->children[last];
		from->children[node->index]->index = node->index;
		tree->sorted = false;
	}
	for (uint32_t i = node->index; !tree->names.count && i < last; i++) {
		from->children[i] = from->children[i + 1];
		from->children[i]->index = i;
	}
}

/* Take out a node that has no children. */
static void node_detach(struct node *node)
{
	struct tree *tree = node_tree(node);

	if (tree->names.count)
		names_drop(&tree->names, node);
	leave_siblings(tree, node);
	tree->node_count--;
	if (--node->inode->nlink == 0) {
		inodes_give_back(&tree->inodes, node->inode);
		tree->inode_count--;
	}
}

void node_clear(struct node *directory)
{
	struct node *at = directory;

	/* down along the last children and up again: no recursion, whatever the depth */
	while (node_child_count(directory)) {
		struct node *parent;

		while (node_child_count(at))
			at = node_child_at(at, node_child_count(at) - 1);
		parent = at->parent;
		node_detach(at);
		at = parent;
	}
}

void node_remove(struct node *node)
{
	node_clear(node);
	if (node != node->parent)
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
	struct directory *directory = node_is_dir(node) ? node->inode->directory : NULL;
	struct node **children = directory ? directory->children : NULL;
	uint32_t count = node_child_count(node);

	(void)data;
	for (uint32_t i = 1; i < count; i++) {
		if (compare_names(&children[i - 1], &children[i]) < 0)
			continue;
		sort_items(children, count, sizeof(*children), compare_names);
		break;
	}
	for (uint32_t i = 0; i < count; i++)
		children[i]->index = i;
	return 0;
}

int tree_walk(struct tree *tree, int (*visit)(struct node *node, void *data), void *data)
{
	return node_walk(tree->root, visit, data);
}

int tree_sort(struct tree *tree)
{
	if (!tree->sorted)
		tree_walk(tree, sort_children, NULL);
	tree->sorted = true;
	return 0;
}

int tree_settle(struct tree *tree)
{
	names_release(&tree->names);
	return tree_sort(tree);
}
