/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a node spells its path inside the root: its name and those of its parents, up to the root or
 * to one that was renamed, whose path before is what the source knows it by, and so the manifest.
 */
#ifndef FS_NODE_PATH_H
#define FS_NODE_PATH_H

#include <stddef.h>

#include "fs/node.h"

/*
 * The path of the node, or of `name` in it when name is not NULL; begins with '/'. It is in buffer
 * where that is large enough, and otherwise the caller frees what is returned. NULL: out of memory.
 * Called with the table's lock held; node_path() is for everybody else.
 */
char *node_path_build(const struct node *node, const char *name, char *buffer, size_t size,
		      size_t *ret_length);

#endif
