// SPDX-License-Identifier: BSD-2-Clause
#include "pack/report/statistics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/access_use.h"
#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/text.h"
#include "db/catalog.h"

/* ---- directories and the catalog ---- */

/* The directories being added up; they are owned by the statistics. */
struct census {
	struct statistics *statistics;
	struct hash hash;
	unsigned int depth; /* 0: directories are not asked for */
	struct error *err;
};

/* How much of a file's path names its directory, cut to so many parts. */
static size_t directory_length(const char *path, unsigned int depth, bool is_directory)
{
	const char *end = path;

	for (const char *slash; depth > 0 && (slash = strchr(end + 1, '/')); depth--)
		end = slash;
	if (depth > 0 && is_directory)
		return strlen(path);
	return end == path ? 1 : (size_t)(end - path);
}

/* The directory of a file, or what is a directory itself. */
static int census_find(struct census *census, const char *path, bool is_directory,
		       struct directory_total **ret_directory)
{
	size_t size = directory_length(path, census->depth, is_directory);
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

static int census_needed(struct census *census, const char *path, uint64_t size)
{
	struct directory_total *directory;

	if (!census->depth)
		return 0;
	if (census_find(census, path, false, &directory) < 0)
		return -ENOMEM;
	directory->files++;
	directory->bytes += size;
	return 0;
}

static int census_source(struct census *census, const struct catalog_entry *entry, bool is_needed)
{
	struct statistics *statistics = census->statistics;
	uint64_t files = entry->folded ? entry->files : 1;
	struct directory_total *directory;

	statistics->source_files += files;
	statistics->source_bytes += entry->size;
	if (!is_needed) {
		statistics->left_files += files;
		statistics->left_bytes += entry->size;
	}
	if (!census->depth || !files)
		return 0;
	if (census_find(census, entry->path, entry->folded, &directory) < 0)
		return -ENOMEM;
	directory->source_files += files;
	directory->source_bytes += entry->size;
	return 0;
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

/* ---- runs ---- */

const struct session *statistics_session(const struct statistics *statistics,
					 const struct coverage *run)
{
	for (size_t i = 0; i < statistics->sessions.count; i++)
		if (statistics->sessions.items[i].id == run->session)
			return &statistics->sessions.items[i];
	return NULL;
}

/* ---- one walk over all accesses, and the catalog beside it ---- */

/* What one run did with the entry the walk is at. */
struct touch {
	bool used, vain;
};

struct tally {
	struct statistics *statistics;
	struct census census;
	size_t *run_of;        /* by place of the session among the sessions */
	bool *is_test;         /* by run */
	struct touch *touched; /* by run */
	uint64_t *incidence;   /* [k]: files used by exactly k test runs */
	size_t place;          /* of the last row's session */
	/* The entry the walk is at; path is empty before the first. */
	struct text path;
	int64_t entry;
	enum entry_kind kind;
	uint64_t size;
	size_t first_run;      /* that used it; or SIZE_MAX */
	/* The catalog's walk, one step ahead. */
	struct catalog_walk *catalog;
	struct catalog_entry next;
	int has_next;
	struct error *err;
};

/* Steps of the catalog up to and with the current path; is_needed holds for that. */
static int tally_catalog(struct tally *tally, const char *path, bool is_needed)
{
	int r = 0, order;

	while (r == 0 && tally->has_next > 0 &&
	       (order = path ? strcmp(tally->next.path, path) : -1) <= 0) {
		tally->statistics->has_catalog = true;
		/* of what a folded directory holds nothing was needed, whatever it was itself */
		if (tally->next.kind == ENTRY_FILE || tally->next.folded)
			r = census_source(&tally->census, &tally->next,
					  order == 0 && is_needed && !tally->next.folded);
		if (r == 0)
			tally->has_next = catalog_walk_next(tally->catalog, &tally->next, tally->err);
	}
	return tally->has_next < 0 ? tally->has_next : r;
}

static void add_need(struct coverage *run, const struct tally *tally, bool is_only, bool is_new)
{
	bool is_file = tally->kind == ENTRY_FILE;
	uint64_t size = is_file ? tally->size : 0;

	run->paths++;
	run->files += is_file;
	run->bytes += size;
	run->only_paths += is_only;
	run->only_files += is_only && is_file;
	run->only_bytes += is_only ? size : 0;
	run->new_files += is_new && is_file;
	run->new_bytes += is_new ? size : 0;
}

/* All rows of an entry have been seen. */
static int tally_entry(struct tally *tally)
{
	struct statistics *statistics = tally->statistics;
	size_t runs = 0, tests = 0;
	bool vain = false;
	int r;

	if (!tally->path.size)
		return 0;
	for (size_t i = 0; i < statistics->runs.count; i++) {
		runs += tally->touched[i].used;
		tests += tally->touched[i].used && tally->is_test[i];
		vain |= tally->touched[i].vain;
	}
	for (size_t i = 0; i < statistics->runs.count; i++) {
		struct coverage *run = &statistics->runs.items[i];

		if (tally->touched[i].used)
			add_need(run, tally, runs == 1, i == tally->first_run);
		run->in_vain += tally->touched[i].vain;
		tally->touched[i] = (struct touch){0};
	}
	statistics->all.in_vain += vain;
	if (runs)
		add_need(&statistics->all, tally, false, false);
	if (tests && tally->kind == ENTRY_FILE)
		tally->incidence[tests]++;
	r = tally_catalog(tally, tally->path.bytes, runs > 0);
	return r < 0 || !runs || tally->kind != ENTRY_FILE ? r
							    : census_needed(&tally->census,
									    tally->path.bytes,
									    tally->size);
}

static size_t run_of_row(struct tally *tally, const struct access_row *row)
{
	const struct session_list *sessions = &tally->statistics->sessions;

	/* rows of one path come in the order of the sessions */
	for (size_t i = 0; i < sessions->count; i++) {
		size_t place = (tally->place + i) % sessions->count;

		if (sessions->items[place].id == row->session) {
			tally->place = place;
			return tally->run_of[place];
		}
	}
	return 0;
}

static int tally_row(struct tally *tally, const struct access_row *row)
{
	size_t run;
	int r = 0;

	if (!tally->path.size || row->entry.id != tally->entry) {
		r = tally_entry(tally);
		text_clear(&tally->path);
		text_add(&tally->path, row->entry.path);
		if (text_failed(&tally->path))
			return error_oom(tally->err);
		tally->entry = row->entry.id;
		tally->kind = row->entry.found.kind;
		tally->size = row->entry.found.size;
		tally->first_run = SIZE_MAX;
	}
	run = run_of_row(tally, row);
	tally->statistics->runs.items[run].operations += row->count;
	tally->statistics->all.operations += row->count;
	tally->touched[run].vain |= access_is_vain(row);
	if (access_is_use(row)) {
		tally->touched[run].used = true;
		if (tally->first_run == SIZE_MAX)
			tally->first_run = run;
	}
	return r;
}

static int tally_walk(struct tally *tally, struct manifest *manifest)
{
	_cleanup_(access_walk_endp) struct access_walk *walk = NULL;
	struct access_row row;
	int r;

	r = catalog_walk_begin(manifest, &tally->catalog, tally->err);
	if (r == 0)
		r = tally->has_next = catalog_walk_next(tally->catalog, &tally->next, tally->err);
	if (r >= 0)
		r = access_walk_begin(manifest, NULL, 0, &walk, tally->err);
	while (r == 0 && (r = access_walk_next(walk, &row, tally->err)) > 0)
		r = tally_row(tally, &row);
	if (r == 0)
		r = tally_entry(tally);
	return r == 0 ? tally_catalog(tally, NULL, false) : r;
}

/* The row of a session among the runs, made when there is none. */
static int find_run(struct statistics *statistics, const struct session *session, bool by_label,
		    size_t *ret_run)
{
	struct coverage_list *runs = &statistics->runs;
	size_t i = 0;

	while (i < runs->count && !(by_label && strcmp(runs->items[i].label, session->label) == 0))
		i++;
	*ret_run = i;
	if (i == runs->count) {
		char *label = strdup(session->label);

		if (!label)
			return -ENOMEM;
		runs->items[runs->count++] = (struct coverage){.label = label,
							       .session = session->id};
	}
	runs->items[i].sessions++;
	return 0;
}

/* Sessions are in the order in which they started, and so are the runs. */
static int make_runs(struct tally *tally, bool by_label)
{
	struct statistics *statistics = tally->statistics;
	const struct session_list *sessions = &statistics->sessions;

	statistics->runs.items = calloc(sessions->count + 1, sizeof(*statistics->runs.items));
	tally->run_of = calloc(sessions->count + 1, sizeof(*tally->run_of));
	tally->is_test = calloc(sessions->count + 1, sizeof(*tally->is_test));
	tally->touched = calloc(sessions->count + 1, sizeof(*tally->touched));
	tally->incidence = calloc(sessions->count + 2, sizeof(*tally->incidence));
	if (!statistics->runs.items || !tally->run_of || !tally->is_test || !tally->touched ||
	    !tally->incidence)
		return error_oom(tally->err);
	for (size_t i = 0; i < sessions->count; i++) {
		size_t run;

		if (find_run(statistics, &sessions->items[i], by_label, &run) < 0)
			return error_oom(tally->err);
		tally->run_of[i] = run;
		tally->is_test[run] |= sessions->items[i].kind == SESSION_TEST;
	}
	for (size_t i = 0; i < statistics->runs.count; i++)
		statistics->tests += tally->is_test[i];
	return 0;
}

static void tally_release(struct tally *tally)
{
	catalog_walk_end(tally->catalog);
	hash_release(&tally->census.hash);
	text_release(&tally->path);
	free(tally->run_of);
	free(tally->is_test);
	free(tally->touched);
	free(tally->incidence);
}

static int take_tally(struct manifest *manifest, bool by_label, unsigned int depth,
		      struct statistics *statistics, struct error *err)
{
	_cleanup_(tally_release) struct tally tally = {
		.statistics = statistics,
		.census = {.statistics = statistics, .depth = depth, .err = err},
		.path = TEXT_INIT,
		.err = err,
	};
	int r = make_runs(&tally, by_label);

	if (r == 0)
		r = tally_walk(&tally, manifest);
	if (r < 0)
		return r;
	estimate_compute(tally.incidence, statistics->tests, &statistics->estimate);
	statistics->alone_files = statistics->estimate.once;
	array_sort(&statistics->directories, by_bytes);
	return 0;
}

int statistics_read(struct manifest *manifest, enum statistics_by by, unsigned int depth,
		    struct statistics *ret_statistics, struct error *err)
{
	_cleanup_(statistics_release) struct statistics statistics = {0};
	int r;

	r = session_list_read(manifest, &statistics.sessions, err);
	if (r == 0)
		r = take_tally(manifest, by != STATISTICS_SESSION,
			       by == STATISTICS_DIRECTORY ? depth : 0, &statistics, err);
	if (r == 0 && by == STATISTICS_PROGRAM)
		r = program_totals_read(manifest, NULL, 0, &statistics.programs, err);
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
