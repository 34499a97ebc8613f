/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Coverage: how far the runs of a manifest overlap, for judging whether testing is complete. It
 * counts *needed* paths (schema.sql): of the source, used with success.
 */
#ifndef DB_COVERAGE_H
#define DB_COVERAGE_H

#include <stddef.h>
#include <stdint.h>

#include "db/base/error.h"
#include "db/manifest.h"

/* What is one run: every session by itself, or all sessions of one label together. */
enum coverage_by { COVERAGE_BY_SESSION, COVERAGE_BY_LABEL };

struct coverage {
	char *label;
	int64_t session;   /* its row; of the first with this label when by label */
	uint64_t sessions; /* how many this row stands for */
	uint64_t paths;    /* needed, of any kind */
	uint64_t files;    /* those that are regular files */
	uint64_t bytes;    /* and the sum of their sizes */
	/* What no other row needs: the marginal cost of this one. */
	uint64_t only_paths, only_files, only_bytes;
	/* What no earlier session needed: 0 of the last row says that testing may be complete. */
	uint64_t new_files, new_bytes;
	uint64_t in_vain; /* paths looked for in vain, as the view `missing` */
	/* Operations recorded, whatever their result. */
	uint64_t operations;
};

struct coverage_list {
	struct coverage *items;
	size_t count;
};

/* One row per session or label, in the order of their first start. sessions NULL: all of them. */
int coverage_read(struct manifest *manifest, enum coverage_by by, const int64_t *sessions,
		  size_t count, struct coverage_list *ret_list, struct error *err);
void coverage_list_release(struct coverage_list *list);

/*
 * How many needed regular files there are in exactly k runs: counts[k] for k from 1 to *ret_runs
 * (the number of runs; counts[0] is 0). Chao2 and Good-Turing take counts[1], counts[2] and the number of runs.
 * Array is the caller's to free().
 */
int coverage_incidence(struct manifest *manifest, enum coverage_by by, const int64_t *sessions,
		       size_t count, uint64_t **ret_counts, size_t *ret_runs, struct error *err);

/* One program by its exe, over the same sessions. */
struct program_total {
	char *exe;           /* "" when unknown */
	uint64_t operations; /* of any result */
	uint64_t paths;      /* needed paths it used */
	uint64_t files, bytes;
	uint64_t in_vain; /* paths it looked for in vain */
};

struct program_total_list {
	struct program_total *items;
	size_t count;
};

/* The one with the most bytes first. */
int program_totals_read(struct manifest *manifest, const int64_t *sessions, size_t count,
			struct program_total_list *ret_list, struct error *err);
void program_total_list_release(struct program_total_list *list);

#endif
