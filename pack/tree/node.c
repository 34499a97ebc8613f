// SPDX-License-Identifier: BSD-2-Clause
#include "pack/tree/node.h"

#include <stdlib.h>
#include <string.h>

int node_walk(struct node *top, int (*visit)(struct node *node, void *data), void *data)
{
	struct node *node = top;

	for (;;) {
		int r = visit(node, data);

		if (r)
			return r;
		if (node_child_count(node)) {
			node = node_child_at(node, 0);
			continue;
		}
		while (node != top && node->index + 1 == node_child_count(node->parent))
			node = node->parent;
		if (node == top)
			return 0;
		node = node_child_at(node->parent, node->index + 1);
	}
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
	const struct node *root = node;

	while (root != root->parent)
		root = root->parent;
	return path_from(root, node);
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

void inode_used(struct inode *inode, uint64_t order, bool read)
{
	inode->unread = !read && (!inode->order || inode->unread);
	if (!inode->order || order < inode->order)
		inode->order = order < UINT32_MAX ? (uint32_t)order : UINT32_MAX;
}
