// SPDX-License-Identifier: BSD-2-Clause
#include "pack/report/difference.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/path.h"

enum { PART = 256 * 1024 }; /* bytes compared at once */

const char *difference_name(unsigned int i)
{
	static const char *const names[] = {"kind", "size",   "content",    "target", "mode",
					    "owner", "device", "attributes", "time"};

	return i < sizeof(names) / sizeof(*names) ? names[i] : NULL;
}

/* ---- one path ---- */

static int64_t seconds(int64_t ns)
{
	return ns / 1000000000 - (ns % 1000000000 < 0);
}

static bool same_time(const struct inventory *a, const struct inventory_item *x,
		      const struct inventory *b, const struct inventory_item *y)
{
	if (a->has_times && b->has_times)
		return x->found.mtime_ns == y->found.mtime_ns;
	return seconds(x->found.mtime_ns) == seconds(y->found.mtime_ns);
}

static bool same_xattrs(const struct node *x, const struct node *y)
{
	const struct xattr_list *list = x->inode->xattrs, *other = y->inode->xattrs;

	if ((list ? list->count : 0) != (other ? other->count : 0))
		return false;
	for (size_t i = 0; list && i < list->count; i++) {
		const struct xattr *found = inode_xattr(y->inode, list->items[i].name);

		if (!found || found->size != list->items[i].size ||
		    memcmp(found->value, list->items[i].value, found->size) != 0)
			return false;
	}
	return true;
}

/* Who could not be told may be the same. */
static bool other_owner(uint32_t a, uint32_t b)
{
	return a != b && a != OWNER_UNKNOWN && b != OWNER_UNKNOWN;
}

unsigned int difference_of(const struct inventory *a, const struct inventory_item *x,
			   const struct inventory *b, const struct inventory_item *y, bool times)
{
	const struct found *f = &x->found, *g = &y->found;
	bool has_nodes = x->node && y->node;
	unsigned int what = 0;

	/* a lookup may have seen that it is there, not what it is */
	if (f->kind == ENTRY_MISSING || g->kind == ENTRY_MISSING)
		return 0;
	if (f->kind != g->kind)
		return DIFFERENT_KIND;
	if (f->kind == ENTRY_FILE && f->size != g->size)
		what |= DIFFERENT_SIZE;
	if (f->kind == ENTRY_LINK && f->target && g->target && strcmp(f->target, g->target) != 0)
		what |= DIFFERENT_TARGET;
	if (f->kind != ENTRY_LINK && f->mode != g->mode)
		what |= DIFFERENT_MODE;
	if (other_owner(f->uid, g->uid) || other_owner(f->gid, g->gid))
		what |= DIFFERENT_OWNER;
	if (has_nodes && x->rdev != y->rdev)
		what |= DIFFERENT_DEVICE;
	if (has_nodes && !same_xattrs(x->node, y->node))
		what |= DIFFERENT_XATTRS;
	if ((times || (f->kind == ENTRY_FILE && !has_nodes)) && !same_time(a, x, b, y))
		what |= DIFFERENT_TIME;
	return what;
}

/* ---- contents ---- */

/* Two inventories being compared. */
struct comparison {
	const struct inventory *a, *b;
	const struct difference_options *options;
	struct differences *differences;
	char *left, *right;
	uint64_t done, total;
	struct error *err;
};

/* 1 the same bytes, 0 others, or a negative errno. */
static int same_bytes(struct comparison *comparison, const struct inventory_item *x,
		      const struct inventory_item *y)
{
	_cleanup_(contents_closep) struct contents *left = NULL, *right = NULL;
	uint64_t at = 0;
	int r;

	r = contents_open(comparison->a, x, &left, comparison->err);
	if (r == 0)
		r = contents_open(comparison->b, y, &right, comparison->err);
	if (r < 0)
		return r;
	while (at < x->found.size) {
		ssize_t m = contents_read(left, comparison->left, PART, at, comparison->err);
		ssize_t n = contents_read(right, comparison->right, PART, at, comparison->err);

		if (m < 0 || n < 0)
			return (int)(m < 0 ? m : n);
		if (m != n || memcmp(comparison->left, comparison->right, (size_t)m) != 0)
			return 0;
		if (m == 0)
			return error_set(comparison->err, -ESTALE,
					 "'%s' became shorter while it was being read", x->path);
		at += (uint64_t)m;
		comparison->done += (uint64_t)m;
		if (comparison->options->progress)
			comparison->options->progress(comparison->done, comparison->total);
	}
	return 1;
}

static int compare_contents(struct comparison *comparison, const struct inventory_item *x,
			    const struct inventory_item *y, unsigned int *what)
{
	int r;

	if (!item_is_file(x) || !x->node || !y->node || comparison->options->no_contents ||
	    *what & (DIFFERENT_KIND | DIFFERENT_SIZE))
		return 0;
	r = same_bytes(comparison, x, y);
	if (r == 0)
		*what |= DIFFERENT_CONTENT;
	return r < 0 ? r : 0;
}

/* ---- all paths ---- */

static int add(struct comparison *comparison, const struct inventory_item *x,
	       const struct inventory_item *y, unsigned int what)
{
	struct differences *differences = comparison->differences;
	struct difference difference = {x, y, what};

	if (x && y) {
		differences->changed++;
		differences->changed_bytes += (int64_t)item_size(y) - (int64_t)item_size(x);
	} else if (y) {
		differences->added++;
		differences->added_bytes += item_size(y);
	} else {
		differences->removed++;
		differences->removed_bytes += item_size(x);
	}
	return array_push(differences, difference) < 0 ? error_oom(comparison->err) : 0;
}

static int compare_both(struct comparison *comparison, const struct inventory_item *x,
			const struct inventory_item *y)
{
	unsigned int what = difference_of(comparison->a, x, comparison->b, y,
					  comparison->options->times);
	int r = compare_contents(comparison, x, y, &what);

	if (r < 0)
		return r;
	if (!what) {
		comparison->differences->same++;
		return 0;
	}
	return add(comparison, x, y, what);
}

static int compare_all(struct comparison *comparison)
{
	const struct inventory *a = comparison->a, *b = comparison->b;
	size_t i = 0, j = 0;
	int r = 0;

	while (r == 0 && (i < a->count || j < b->count)) {
		const struct inventory_item *x = i < a->count ? &a->items[i] : NULL;
		const struct inventory_item *y = j < b->count ? &b->items[j] : NULL;
		int order = !x ? 1 : !y ? -1 : strcmp(x->path, y->path);

		r = order < 0	? add(comparison, x, NULL, 0)
		    : order > 0 ? add(comparison, NULL, y, 0)
				: compare_both(comparison, x, y);
		i += order <= 0;
		j += order >= 0;
	}
	return r;
}

int differences_find(const struct inventory *a, const struct inventory *b,
		     const struct difference_options *options, struct differences *ret_differences,
		     struct error *err)
{
	_cleanup_(differences_release) struct differences differences = {0};
	_cleanup_(freep) char *left = malloc(PART), *right = malloc(PART);
	struct comparison comparison = {.a = a, .b = b, .options = options, .err = err,
					.differences = &differences, .left = left, .right = right};
	int r;

	if (!left || !right)
		return error_oom(err);
	for (size_t i = 0; i < a->count; i++)
		comparison.total += item_size(&a->items[i]);
	r = compare_all(&comparison);
	if (r < 0)
		return r;
	*ret_differences = differences;
	differences = (struct differences){0};
	return 0;
}

void differences_release(struct differences *differences)
{
	array_release(differences);
}
