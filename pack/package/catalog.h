/* SPDX-License-Identifier: BSD-2-Clause */
/* What of its source's catalog a package is given. */
#ifndef PACK_PACKAGE_CATALOG_H
#define PACK_PACKAGE_CATALOG_H

#include "pack/package/package.h"

/*
 * All of the options' catalog, or what is put into the empty list `folded` from it: borrowed from
 * either.
 */
int catalog_to_keep(const struct package_options *options, struct manifest *manifest,
		    struct node *rootfs, struct catalog_list *folded,
		    const struct catalog_list **ret_catalog, struct error *err);

#endif
