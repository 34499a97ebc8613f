/* SPDX-License-Identifier: BSD-2-Clause */
/* What of its source's catalog a package is given. */
#ifndef PACK_PACKAGE_CATALOG_H
#define PACK_PACKAGE_CATALOG_H

#include <stdbool.h>

#include "db/catalog_fold.h"
#include "pack/tree/tree.h"

/*
 * Whole it is at most a tenth of what is packed, both before compression, or so small that it does
 * not matter.
 */
bool catalog_fits(const struct catalog_list *whole, struct node *rootfs);

/*
 * Into an empty list: folded but in the directories that the package has, and in those of all that
 * the sessions had to do with.
 */
int catalog_fold_around(const struct catalog_list *whole, struct manifest *manifest,
			struct node *rootfs, struct catalog_list *ret_folded, struct error *err);

#endif
