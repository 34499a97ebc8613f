// SPDX-License-Identifier: BSD-2-Clause
#include "pack/statistics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "db/catalog.h"
#include "pack/inventory.h"

/* ---- directories and the catalog ---- */

/* The directories being added up; they are owned by the statistics. */
struct census {
	struct statistics *statistics;
	struct hash hash;
	unsigned int depth; /* 0: directories are not asked for */
	struct error *err;
};

/* How much of a file's path names its directory, cut to so many parts. */
static size_t directory_length(const char *path, unsigned int depth)
{
	const char *end = path;

	for (const char *slash; depth > 0 && (slash = strchr(end + 1, '/')); depth--)
		end = slash;
	return end == path ? 1 : (size_t)(end - path);
}

static int census_find(struct census *census, const char *path,
		       struct directory_total **ret_directory)
{
	size_t size = directory_length(path, census->depth);
	uint64_t hash = hash_bytes(path, size);
	struct directory_total *directory;

	for (struct hash_link *l = hash_first(&census->hash, hash); l; l = hash_next(l, hash)) {
		directory = container_of(l, struct directory_total, link);
		if (strlen(directory->path) == size && memcmp(directory->path, path, size) == 0) {
			*ret_directory = directory;
			return 0;
		}
	}
	directory = calloc(1, sizeof(*directory) + size + 1);
	if (!directory || array_push(&census->statistics->directories, directory) < 0) {
		free(directory);
		return error_oom(census->err);
	}
	memcpy(directory->path, path, size);
	*ret_directory = directory;
	return hash_add(&census->hash, &directory->link, hash) < 0 ? error_oom(census->err) : 0;
}

static int census_needed(struct census *census, const struct inventory *needed)
{
	struct directory_total *directory;

	for (size_t i = 0; census->depth && i < needed->count; i++) {
		if (!item_is_file(&needed->items[i]))
			continue;
		if (census_find(census, needed->items[i].path, &directory) < 0)
			return -ENOMEM;
		directory->files++;
		directory->bytes += needed->items[i].found.size;
	}
	return 0;
}

static int census_source(struct census *census, const struct catalog_entry *entry, bool is_needed)
{
	struct statistics *statistics = census->statistics;
	struct directory_total *directory;

	statistics->source_files++;
	statistics->source_bytes += entry->size;
	if (!is_needed) {
		statistics->left_files++;
		statistics->left_bytes += entry->size;
	}
	if (!census->depth)
		return 0;
	if (census_find(census, entry->path, &directory) < 0)
		return -ENOMEM;
	directory->source_files++;
	directory->source_bytes += entry->size;
	return 0;
}

/* Both are in the order of paths. */
static int census_catalog(struct census *census, struct manifest *manifest,
			  const struct inventory *needed)
{
	_cleanup_(catalog_walk_endp) struct catalog_walk *walk = NULL;
	struct catalog_entry entry;
	size_t next = 0;
	int r;

	r = catalog_walk_begin(manifest, &walk, census->err);
	while (r == 0 && (r = catalog_walk_next(walk, &entry, census->err)) > 0) {
		int order = -1;

		r = 0;
		census->statistics->has_catalog = true;
		while (next < needed->count &&
		       (order = strcmp(needed->items[next].path, entry.path)) < 0)
			next++;
		if (entry.kind == ENTRY_FILE)
			r = census_source(census, &entry, next < needed->count && order == 0);
	}
	return r;
}

static int by_bytes(const void *a, const void *b)
{
	const struct directory_total *x = *(struct directory_total *const *)a;
	const struct directory_total *y = *(struct directory_total *const *)b;

	if (x->bytes != y->bytes)
		return x->bytes > y->bytes ? -1 : 1;
	if (x->source_bytes != y->source_bytes)
		return x->source_bytes > y->source_bytes ? -1 : 1;
	return strcmp(x->path, y->path);
}

static int take_census(struct manifest *manifest, unsigned int depth,
		       struct statistics *statistics, struct error *err)
{
	_cleanup_(inventory_release) struct inventory needed = INVENTORY_INIT;
	struct census census = {.statistics = statistics, .depth = depth, .err = err};
	int r;

	r = inventory_from_manifest(manifest, INVENTORY_NEEDED, &needed, err);
	if (r == 0)
		r = census_needed(&census, &needed);
	if (r == 0)
		r = census_catalog(&census, manifest, &needed);
	hash_release(&census.hash);
	if (statistics->directories.count)
		qsort(statistics->directories.items, statistics->directories.count,
		      sizeof(*statistics->directories.items), by_bytes);
	return r;
}

/* ---- runs ---- */

const struct session *statistics_session(const struct statistics *statistics,
					 const struct coverage *run)
{
	for (size_t i = 0; i < statistics->sessions.count; i++)
		if (statistics->sessions.items[i].id == run->session)
			return &statistics->sessions.items[i];
	return NULL;
}

/* The rows of the sessions that are tests; the caller frees. */
static int64_t *test_sessions(const struct session_list *sessions, size_t *ret_count)
{
	int64_t *ids = calloc(sessions->count + 1, sizeof(*ids));

	*ret_count = 0;
	for (size_t i = 0; ids && i < sessions->count; i++)
		if (sessions->items[i].kind == SESSION_TEST)
			ids[(*ret_count)++] = sessions->items[i].id;
	return ids;
}

static int read_estimate(struct manifest *manifest, enum coverage_by by,
			 struct statistics *statistics, struct error *err)
{
	_cleanup_(freep) uint64_t *incidence = NULL;
	_cleanup_(freep) int64_t *ids = NULL;
	size_t count;
	int r;

	ids = test_sessions(&statistics->sessions, &count);
	if (!ids)
		return error_oom(err);
	if (count == 0)
		return 0;
	r = coverage_incidence(manifest, by, ids, count, &incidence, &statistics->tests, err);
	if (r < 0)
		return r;
	estimate_compute(incidence, statistics->tests, &statistics->estimate);
	statistics->alone_files = statistics->estimate.once;
	return 0;
}

/* Everything as one run. */
static int read_all(struct manifest *manifest, struct coverage *ret_all, struct error *err)
{
	_cleanup_(coverage_list_release) struct coverage_list list = {0};
	int r = coverage_read(manifest, COVERAGE_TOGETHER, NULL, 0, &list, err);

	if (r < 0)
		return r;
	if (list.count) {
		*ret_all = list.items[0];
		ret_all->label = NULL;
	}
	return 0;
}

int statistics_read(struct manifest *manifest, enum statistics_by by, unsigned int depth,
		    struct statistics *ret_statistics, struct error *err)
{
	_cleanup_(statistics_release) struct statistics statistics = {0};
	enum coverage_by runs_by = by == STATISTICS_SESSION ? COVERAGE_BY_SESSION : COVERAGE_BY_LABEL;
	int r;

	r = session_list_read(manifest, &statistics.sessions, err);
	if (r == 0)
		r = coverage_read(manifest, runs_by, NULL, 0, &statistics.runs, err);
	if (r == 0)
		r = read_all(manifest, &statistics.all, err);
	if (r == 0)
		r = read_estimate(manifest, runs_by, &statistics, err);
	if (r == 0 && by == STATISTICS_PROGRAM)
		r = program_totals_read(manifest, NULL, 0, &statistics.programs, err);
	if (r == 0)
		r = take_census(manifest, by == STATISTICS_DIRECTORY ? depth : 0, &statistics, err);
	if (r < 0)
		return r;
	*ret_statistics = statistics;
	statistics = (struct statistics){0};
	return 0;
}

void statistics_release(struct statistics *statistics)
{
	session_list_release(&statistics->sessions);
	coverage_list_release(&statistics->runs);
	program_total_list_release(&statistics->programs);
	for (size_t i = 0; i < statistics->directories.count; i++)
		free(statistics->directories.items[i]);
	array_release(&statistics->directories);
}

double statistics_miss_rate(const struct statistics *statistics)
{
	uint64_t seen = statistics->estimate.seen;

	return seen ? (double)statistics->alone_files / (double)seen : 0;
}
