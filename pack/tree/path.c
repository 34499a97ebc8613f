// SPDX-License-Identifier: BSD-2-Clause
/* Into a tree by canonical paths. */
#include "pack/tree/tree.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "db/base/path.h"

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
