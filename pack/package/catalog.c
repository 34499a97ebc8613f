// SPDX-License-Identifier: BSD-2-Clause
#include "pack/package/catalog.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/catalog_fold.h"
#include "pack/need/closure_tree.h"

enum { SMALL = 16 * 1024, SHARE = 10 };

/*
 * Whole it is at most a tenth of what is packed, both before compression, or so small that it does
 * not matter.
 */
static bool catalog_fits(const struct catalog_list *whole, struct node *rootfs)
{
	struct tree_totals totals;

	tree_total(rootfs, &totals);
	return whole->table_bytes <= SMALL || whole->table_bytes <= totals.bytes / SHARE;
}

struct around {
	struct catalog_near near;
	size_t prefix; /* of the paths in the tree: what is before the root of the source */
};

static int add_directory(struct node *node, void *data)
{
	_cleanup_(freep) char *path = NULL;
	struct around *around = data;
	const char *inside;

	if (!node_is_dir(node))
		return 0;
	path = node_path(node);
	if (!path)
		return -ENOMEM;
	if (strlen(path) < around->prefix)
		return 0;
	inside = path + around->prefix;
	return catalog_near_add(&around->near, *inside ? inside : "/");
}

/*
 * Folded but in the directories that the package has, and in those of all that the sessions had to do
 * with.
 */
static int catalog_fold_around(const struct catalog_list *whole, struct manifest *manifest,
			       struct node *rootfs, struct catalog_list *ret_folded, struct error *err)
{
	_cleanup_(freep) char *top = node_path(rootfs);
	struct around around = {.prefix = top && top[1] ? strlen(top) : 0};
	int r;

	r = top && node_walk(rootfs, add_directory, &around) == 0 ? 0 : error_oom(err);
	if (r == 0)
		r = catalog_near_add_accessed(&around.near, manifest, err);
	if (r == 0)
		r = catalog_fold(whole, &around.near, ret_folded, err);
	catalog_near_release(&around.near);
	return r;
}

int catalog_to_keep(const struct package_options *options, struct manifest *manifest,
		    struct node *rootfs, struct catalog_list *folded,
		    const struct catalog_list **ret_catalog, struct error *err)
{
	const struct catalog_list *whole = options->catalog;

	*ret_catalog = folded;
	switch (options->keep_catalog) {
	case PACKAGE_CATALOG_NONE:
		return 0;
	case PACKAGE_CATALOG_FITTING:
		if (!catalog_fits(whole, rootfs))
			break;
		__attribute__((fallthrough));
	case PACKAGE_CATALOG_FULL:
		*ret_catalog = whole;
		return 0;
	case PACKAGE_CATALOG_NEAR:
		break;
	}
	return catalog_fold_around(whole, manifest, rootfs, folded, err);
}
