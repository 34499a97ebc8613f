/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a name of an archive belongs in a tree: names are checked as text first, then walked from
 * the root, following links the way a process with the tree as its root would, and never out of it.
 */
#ifndef PACK_LAYER_PATH_H
#define PACK_LAYER_PATH_H

#include <stdbool.h>

#include "db/base/error.h"
#include "pack/tree/tree.h"

enum { LAYER_PATH_MAX = 4095 };

/* What the walk wants to know of its surroundings. */
struct layer_walk {
	struct tree *tree;
	/* A link or directory of this archive may not be passed through; NULL: all may. */
	bool (*is_own)(const struct node *node, void *data);
	/* A directory was made because an entry needs it; or NULL. -ENOMEM ends the walk. */
	int (*made)(struct node *directory, void *data);
	void *data;
};

/* Refuse empty, absolute and overlong names and those with a ".." in them. */
int layer_name_check(const char *name, const char *what, struct error *err);

/*
 * The directory in which the last part of a checked name lies, and that part (*ret_name, inside
 * `name`, up to *ret_length; length 0: the name is the root itself). With `make`, missing
 * directories are made; without, *ret_directory is NULL when there is none.
 */
int layer_find_parent(const struct layer_walk *walk, const char *name, bool make,
		      struct node **ret_directory, const char **ret_name, size_t *ret_length,
		      struct error *err);

/* What a path means inside the tree, following every link: -ENOENT, -ELOOP, -ENOTDIR or 0. */
int tree_resolve(const struct tree *tree, const char *path, struct node **ret_node);

#endif
