/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a name of an archive belongs in a tree, by the rules of who unpacks images elsewhere (umoci,
 * containerd): as text first, a leading slash, "." and ".." taken away; then walked from the root,
 * following links the way a process with the tree as its root would, also through what is not there
 * yet. What leads out of the root is refused at each step, where those stay at the root, and so is what
 * leads deeper than a path can say.
 */
#ifndef PACK_LAYER_PATH_H
#define PACK_LAYER_PATH_H

#include <stdbool.h>

#include "db/base/error.h"
#include "pack/tree/tree.h"

enum { LAYER_PATH_MAX = 4095, LAYER_PART_MAX = 255 };

/*
 * The plain spelling of a name: "usr/bin" of "/usr//./lib/../bin/", "." of the root's. Empty and
 * overlong names, and those that lead out of the root, are errors that begin with `what`.
 */
int layer_name_clean(const char *name, const char *what, char ret_clean[LAYER_PATH_MAX + 1],
		     struct error *err);

/* A place for a name. */
struct layer_place {
	struct node *directory;	       /* NULL: there is none */
	char name[LAYER_PART_MAX + 1]; /* in it; "": the root itself, which is the directory */
};

/*
 * Of a clean name. With `make`, missing directories are made, and a file in the way is an error, which
 * goes on from the entry's name, as all do.
 */
int layer_find(struct tree *tree, const char *clean, bool make, struct layer_place *ret_place,
	       struct error *err);

/* What a path means inside the tree, following every link: -ENOENT, -ELOOP, -ENOTDIR or 0. */
int tree_resolve(const struct tree *tree, const char *path, struct node **ret_node);

#endif
