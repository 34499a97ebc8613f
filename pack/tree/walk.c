// SPDX-License-Identifier: BSD-2-Clause
/* From node to node through a tree: walks, and paths in both directions. */
#include "pack/tree/tree.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/path.h"

int tree_walk(struct tree *tree, int (*visit)(struct node *node, void *data), void *data)
{
	struct node *node = tree_root(tree);

	for (;;) {
		int r = visit(node, data);

		if (r)
			return r;
		if (node_child_count(node)) {
			node = node_child_at(node, 0);
			continue;
		}
		while (node != tree_root(tree) && node->index + 1 == node_child_count(node->parent))
			node = node->parent;
		if (node == tree_root(tree))
			return 0;
		node = node_child_at(node->parent, node->index + 1);
	}
}

/* The child named by `length` bytes; NULL when there is none. */
static struct node *child_of_part(const struct node *directory, const char *part, size_t length)
{
	char name[NAME_MAX + 1];

	if (length > NAME_MAX || !node_is_dir(directory))
		return NULL;
	memcpy(name, part, length);
	name[length] = '\0';
	return node_child(directory, name);
}

struct node *tree_find(const struct tree *tree, const char *path)
{
	struct node *node = tree_root(tree);
	const char *part;
	size_t length;

	while (node && (part = path_next(&path, &length)))
		node = child_of_part(node, part, length);
	return node;
}

int tree_insert(struct tree *tree, const char *path, uint32_t mode, struct node **ret_node,
		uint64_t *ret_parents_made)
{
	struct node *at = tree_root(tree);
	const char *part, *name = path_name(path);
	size_t length;
	int r;

	if (ret_parents_made)
		*ret_parents_made = 0;
	if (!*name)
		return -EEXIST;
	while ((part = path_next(&path, &length)) && part != name) {
		struct node *next = child_of_part(at, part, length);
		char parent[NAME_MAX + 1];

		if (length > NAME_MAX)
			return -ENAMETOOLONG;
		if (!next) {
			memcpy(parent, part, length);
			parent[length] = '\0';
			r = node_add(at, parent, S_IFDIR | 0755, &next);
			if (r < 0)
				return r;
			if (ret_parents_made)
				++*ret_parents_made;
		}
		at = next;
	}
	return node_add(at, name, mode, ret_node);
}

/* From a directory above on; that one itself is "/". */
static char *path_from(const struct node *top, const struct node *node)
{
	size_t size = 1;
	char *path, *at;

	if (node == top)
		return strdup("/");
	for (const struct node *n = node; n != top; n = n->parent)
		size += strlen(n->name) + 1;
	path = malloc(size);
	if (!path)
		return NULL;
	at = path + size - 1;
	*at = '\0';
	for (const struct node *n = node; n != top; n = n->parent) {
		size_t length = strlen(n->name);

		at -= length;
		memcpy(at, n->name, length);
		*--at = '/';
	}
	return path;
}

char *node_path(const struct node *node)
{
	return path_from(tree_root(node_tree(node)), node);
}

static bool has_source(const struct node *node)
{
	return node_is_dir(node) && node->inode->directory->rootfd >= 0;
}

char *node_source(const struct node *node, int *ret_rootfd)
{
	const struct node *top = node;

	while (!has_source(top) && top != top->parent)
		top = top->parent;
	*ret_rootfd = top->inode->directory->rootfd;
	return path_from(top, node);
}
