/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The order in which files are used, as a list of paths: the first one used comes first. One path a
 * line (lines that start with '#' are comments), or each ended by a NUL byte when there is one in
 * the list, for names with newlines. Or a manifest: what its sessions used, in that order; it also knows
 * which files were only looked at and need not lie among those that were read.
 */
#ifndef PACK_NEED_ORDER_H
#define PACK_NEED_ORDER_H

#include <stddef.h>
#include <stdint.h>

#include "db/base/error.h"
#include "pack/tree/tree.h"

#define ORDER_LARGEST (256UL << 20) /* bytes of list that are read */

/*
 * Set inode->order of what is listed: 1 for the first line on; a path that comes twice keeps its
 * first place. *ret_unknown counts paths that the tree does not have. 0 or -ENOMEM;
 * from a file also why it cannot be read.
 */
int order_apply(struct tree *tree, const char *list, size_t size, uint64_t *ret_known,
		uint64_t *ret_unknown);
int order_apply_file(struct tree *tree, const char *path, uint64_t *ret_known,
		     uint64_t *ret_unknown, struct error *err);

#endif
