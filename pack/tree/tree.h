/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wing tree/ is the waist of pack/: names, inodes and contents in memory, whoever filled them
 * and whoever will write them. It may include db/base. A new property of every file goes into
 * node.h, a new place for bytes to be into content.c, and what only one format knows stays in that
 * format's wing.
 */
/*
 * The waist: what an image, a layer or a package is made of, as directories and nodes in memory.
 * Closures, directory scans and layers fill a tree; the image writer and the layer writer read it.
 * Nothing here knows where the nodes came from or what format they go to.
 *
 * Nodes and inodes are pack/tree/node.h, their contents pack/tree/content.h. Children are found by
 * name in O(1) and walked in byte order of their names (tree_sort()). Memory: a node and its inode
 * take some 110 bytes and the name, while it grows some 20 more.
 */
#ifndef PACK_TREE_TREE_H
#define PACK_TREE_TREE_H

#include <stdint.h>

#include "pack/tree/content.h"
#include "pack/tree/node.h"

/* ---- the whole ---- */

/* A tree with a root directory of mode 0755, owner 0:0, mtime 0. */
int tree_new(struct tree **ret_tree);
void tree_free(struct tree *tree);
void tree_freep(struct tree **tree);
struct node *tree_root(const struct tree *tree);

uint64_t tree_node_count(const struct tree *tree);  /* names, the root included */
uint64_t tree_inode_count(const struct tree *tree); /* inodes, the root included */

/* Children in byte order, in all directories; the writers call it. Adding nodes undoes it. */
int tree_sort(struct tree *tree);
/*
 * Sort, and give back what only a growing tree needs: from now on a name is found in O(log n) of its
 * siblings and removed in O(n). Adding one undoes that, too.
 */
int tree_settle(struct tree *tree);

/* node_walk() from the root on, in byte order when sorted. */
int tree_walk(struct tree *tree, int (*visit)(struct node *node, void *data), void *data);

/* ---- names in it ---- */

/* The child with this name, or NULL. */
struct node *node_child(const struct node *directory, const char *name);
/* The node at a canonical path ("/" is the root), or NULL; links are not followed. */
struct node *tree_find(const struct tree *tree, const char *path);

/*
 * Add a name with an inode of its own, which starts with this mode and is otherwise zero; the caller
 * fills it in. -EEXIST when the name is taken, -ENOTDIR when `directory` is none, -ENAMETOOLONG over
 * 255 bytes, -EINVAL for "", ".", ".." or a slash, -ENOMEM.
 */
int node_add(struct node *directory, const char *name, uint32_t mode, struct node **ret_node);
/* Add a name for the inode of `peer`, which is not a directory: a hard link. Errors as above. */
int node_link(struct node *directory, const char *name, struct node *peer,
	      struct node **ret_node);
/* Take a name out, with everything below it. The root stays. */
void node_remove(struct node *node);
/* Remove every child of a directory. */
void node_clear(struct node *directory);

/*
 * node_add() at a canonical path, making missing parents as directories of mode 0755, 0:0, mtime 0
 * (*ret_parents_made counts them; may be NULL).
 */
int tree_insert(struct tree *tree, const char *path, uint32_t mode, struct node **ret_node,
		uint64_t *ret_parents_made);

#endif
