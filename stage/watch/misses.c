// SPDX-License-Identifier: BSD-2-Clause
#include "stage/watch/misses.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/access.h"
#include "db/base/cleanup.h"
#include "db/catalog.h"

static void miss_release(struct miss *miss)
{
	free(miss->path);
	spec_strings_release(&miss->by);
}

void misses_release(struct misses *misses)
{
	for (size_t i = 0; i < misses->count; i++)
		miss_release(&misses->items[i]);
	array_release(misses);
}

/* 1 it is open, 0 there is none. */
static int open_noted(const char *path, struct manifest **ret_manifest, struct error *err)
{
	int r;

	if (access(path, F_OK) < 0 && errno == ENOENT)
		return 0;
	r = manifest_open(path, MANIFEST_READ, ret_manifest, err);
	return r < 0 ? r : 1;
}

/* ---- every path that was asked for, in byte order ---- */

static int list_paths(struct manifest *manifest, spec_strings *paths, struct error *err)
{
	_cleanup_(access_walk_endp) struct access_walk *walk = NULL;
	struct access_row row;
	int r = access_walk_begin(manifest, NULL, 0, &walk, err);

	while (r == 0 && (r = access_walk_next(walk, &row, err)) > 0) {
		bool again = paths->count &&
			     strcmp(paths->items[paths->count - 1], row.entry.path) == 0;

		r = again || spec_strings_add(paths, row.entry.path) == 0 ? 0 : error_oom(err);
	}
	return r;
}

/* In byte order what is below a directory comes together, but not right behind it. */
static bool any_is_below(const spec_strings *paths, const char *directory)
{
	size_t length = strlen(directory), low = 0, high = paths->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const char *path = paths->items[middle];
		int order = strncmp(path, directory, length);

		if (order == 0)
			order = (unsigned char)path[length] - '/';
		if (order == 0)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/* ---- what they add up to ---- */

static int add_program(struct miss *miss, const char *exe)
{
	for (size_t i = 0; i < miss->by.count; i++)
		if (strcmp(miss->by.items[i], exe) == 0)
			return 0;
	return *exe ? spec_strings_add(&miss->by, exe) : 0;
}

static int add_row(struct misses *misses, const struct access_row *row)
{
	struct miss *miss = misses->count ? &misses->items[misses->count - 1] : NULL;

	if (!miss || strcmp(miss->path, row->entry.path) != 0) {
		struct miss new = {.path = strdup(row->entry.path), .first_ns = row->first_ns};

		if (!new.path || array_push(misses, new) < 0) {
			free(new.path);
			return -ENOMEM;
		}
		miss = &misses->items[misses->count - 1];
	}
	miss->count += row->count;
	if (row->first_ns < miss->first_ns)
		miss->first_ns = row->first_ns;
	if (row->last_ns > miss->last_ns)
		miss->last_ns = row->last_ns;
	return add_program(miss, row->exe);
}

static int add_up(struct manifest *manifest, const spec_strings *paths, struct misses *misses,
		  struct error *err)
{
	_cleanup_(access_walk_endp) struct access_walk *walk = NULL;
	struct access_row row;
	int r = access_walk_begin(manifest, NULL, 0, &walk, err);

	while (r == 0 && (r = access_walk_next(walk, &row, err)) > 0) {
		bool passed = row.error == ENOENT && any_is_below(paths, row.entry.path);

		r = passed || add_row(misses, &row) == 0 ? 0 : error_oom(err);
	}
	return r;
}

static int judge(struct manifest *package, struct misses *misses, struct error *err)
{
	struct catalog_entry entry;
	bool there;
	int r = catalog_exists(package, &there, err);

	for (size_t i = 0; r == 0 && there && i < misses->count; i++) {
		r = catalog_find(package, misses->items[i].path, &entry, err);
		if (r < 0)
			break;
		misses->items[i].known = r > 0 ? MISS_KNOWN : MISS_UNKNOWN;
		r = 0;
	}
	return r;
}

static int by_time(const void *a, const void *b)
{
	const struct miss *x = a, *y = b;

	if (x->first_ns != y->first_ns)
		return x->first_ns < y->first_ns ? -1 : 1;
	return strcmp(x->path, y->path);
}

int misses_read(const char *path, struct manifest *package, struct misses *ret_misses,
		struct error *err)
{
	_cleanup_(manifest_closep) struct manifest *manifest = NULL;
	_cleanup_(misses_release) struct misses misses = ARRAY_INIT;
	_cleanup_(spec_strings_release) spec_strings paths = ARRAY_INIT;
	int r = open_noted(path, &manifest, err);

	if (r > 0) {
		r = list_paths(manifest, &paths, err);
		if (r == 0)
			r = add_up(manifest, &paths, &misses, err);
		if (r == 0 && package)
			r = judge(package, &misses, err);
	}
	if (r < 0)
		return r;
	array_sort(&misses, by_time);
	*ret_misses = misses;
	misses = (struct misses)ARRAY_INIT;
	return 0;
}

int misses_any(const char *path, bool *ret_any, struct error *err)
{
	_cleanup_(manifest_closep) struct manifest *manifest = NULL;
	_cleanup_(access_walk_endp) struct access_walk *walk = NULL;
	struct access_row row;
	int r = open_noted(path, &manifest, err);

	if (r > 0) {
		r = access_walk_begin(manifest, NULL, 0, &walk, err);
		if (r == 0)
			r = access_walk_next(walk, &row, err);
	}
	if (r < 0)
		return r;
	*ret_any = r > 0;
	return 0;
}
