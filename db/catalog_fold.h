/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Folding the part of a catalog that is far from what was used. A near directory (catalog_near.h) keeps
 * all of its names. Every other one keeps its own entry alone, which counts its names: what was left
 * out is still told by directory, and a path that is not listed is known never to have been there
 * unless its directory is folded.
 */
#ifndef DB_CATALOG_FOLD_H
#define DB_CATALOG_FOLD_H

#include "db/catalog_list.h"
#include "db/catalog_near.h"

/* Into an empty list. What is folded already stays so. */
int catalog_fold(const struct catalog_list *list, const struct catalog_near *near,
		 struct catalog_list *ret_folded, struct error *err);

#endif
