// SPDX-License-Identifier: BSD-2-Clause
#include "db/catalog_list.h"

#include <string.h>

#include "db/base/cleanup.h"
#include "db/manifest_private.h"

/* Two walks in the order of paths, side by side: what is there, and what it shall be. */
struct taking {
	struct manifest *manifest;
	struct catalog_walk *there;
	struct catalog_entry old, new;
	int has_old, has_new; /* 1 while there are more, 0 at the end */
	struct catalog_list_cursor cursor;
	const struct catalog_list *list;
	bool whole; /* what is not in the list is gone */
	struct error *err;
};

static void taking_release(struct taking *taking)
{
	catalog_walk_end(taking->there);
	catalog_list_cursor_release(&taking->cursor);
}

static int next_old(struct taking *taking)
{
	taking->has_old = catalog_walk_next(taking->there, &taking->old, taking->err);
	return taking->has_old < 0 ? taking->has_old : 0;
}

static int next_new(struct taking *taking)
{
	taking->has_new = catalog_list_next(taking->list, &taking->cursor, &taking->new);
	return taking->has_new < 0 ? error_oom(taking->err) : 0;
}

static int forget(struct taking *taking, const char *path)
{
	sqlite3_stmt *stmt;
	int r = statement_get(&taking->manifest->sql, "DELETE FROM catalog WHERE path = ?", &stmt, taking->err);

	if (r < 0)
		return r;
	bind_text(stmt, 1, path);
	return statement_run(&taking->manifest->sql, stmt, taking->err);
}

static bool differs(const struct catalog_entry *a, const struct catalog_entry *b)
{
	return a->kind != b->kind || a->size != b->size || a->folded != b->folded ||
	       a->mode != b->mode || a->has_mode != b->has_mode;
}

/*
 * One step of the walk that is behind, or of both. What is written or taken out is never ahead of the
 * walk through the table, which therefore does not meet it.
 */
static int take_step(struct taking *taking)
{
	int order = !taking->has_new   ? -1
		    : !taking->has_old ? 1
				       : strcmp(taking->old.path, taking->new.path);
	int r = 0;

	if (order < 0 && taking->whole)
		r = forget(taking, taking->old.path);
	else if (order > 0 || (order == 0 && differs(&taking->old, &taking->new)))
		r = catalog_add(taking->manifest, &taking->new, taking->err);
	if (r == 0 && order <= 0)
		r = next_old(taking);
	if (r == 0 && order >= 0)
		r = next_new(taking);
	return r;
}

static int take_all(struct taking *taking)
{
	int r = catalog_walk_begin(taking->manifest, &taking->there, taking->err);

	if (r == 0)
		r = next_old(taking);
	if (r == 0)
		r = next_new(taking);
	while (r == 0 && (taking->has_old || taking->has_new))
		r = take_step(taking);
	return r;
}

/* Only what is another is written, from front to back: most sources stay as they are. */
int catalog_take(struct manifest *manifest, const struct catalog_list *list, bool whole,
		 struct error *err)
{
	struct taking taking = {.manifest = manifest, .list = list, .whole = whole,
				.cursor = CATALOG_LIST_CURSOR_INIT, .err = err};
	int r = manifest_begin(manifest, err);

	if (r < 0)
		return r;
	r = take_all(&taking);
	taking_release(&taking); /* the table is not read any more */
	if (r == 0)
		r = manifest_commit(manifest, err);
	if (r < 0)
		manifest_rollback(manifest);
	return r;
}

int catalog_scan(struct manifest *manifest, const char *root, bool xdev, uint64_t *ret_skipped,
		 struct error *err)
{
	static const int never;

	return catalog_scan_until(manifest, root, xdev, &never, ret_skipped, err);
}

/*
 * The walk is kept in memory first: it may take minutes on a cold disk, and nobody else should wait
 * that long for the manifest. What was not found is only known to be gone when it was whole.
 */
int catalog_scan_until(struct manifest *manifest, const char *root, bool xdev,
		       const volatile int *cancelled, uint64_t *ret_skipped, struct error *err)
{
	_cleanup_(catalog_list_release) struct catalog_list list = CATALOG_LIST_INIT;
	uint64_t skipped = 0;
	int r = catalog_list_scan(root, xdev, cancelled, &list, &skipped, err);

	if (r == 0)
		r = catalog_take(manifest, &list, skipped == 0, err);
	if (r == 0 && ret_skipped)
		*ret_skipped = skipped;
	return r;
}
