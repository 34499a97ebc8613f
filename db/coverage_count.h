/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Coverage counted on the way: who walks all accesses for something else (db/access.h) gives each row to a
 * counter too, and has the figures of db/coverage.h at the end without another walk.
 *
 *	r = coverage_counter_new(manifest, COVERAGE_BY_LABEL, ids, count, &counter, err);
 *	while ((r = access_walk_next(walk, &row, err)) > 0)
 *		r = coverage_counter_note(counter, &row);
 *	r = coverage_counter_end(counter, &runs, &incidence, &programs);
 *
 * A row costs one lookup of its program; what it holds is a few bytes for each run and each program.
 */
#ifndef DB_COVERAGE_COUNT_H
#define DB_COVERAGE_COUNT_H

#include "db/access.h"
#include "db/coverage.h"

struct coverage_counter;

/* The rows are to be those of these sessions, in the order of a walk; NULL: of all. */
int coverage_counter_new(struct manifest *manifest, enum coverage_by by, const int64_t *sessions,
			 size_t count, struct coverage_counter **ret_counter, struct error *err);
void coverage_counter_free(struct coverage_counter *counter);
void coverage_counter_freep(struct coverage_counter **counter);

/* 0 or -ENOMEM. */
int coverage_counter_note(struct coverage_counter *counter, const struct access_row *row);

/*
 * After the last row, once: the runs and the programs in the order of db/coverage.h, and for k up to the number of
 * runs how many files are in exactly k. Each is the caller's; NULL for what is not wanted. 0 or -ENOMEM.
 */
int coverage_counter_end(struct coverage_counter *counter, struct coverage_list *ret_runs,
			 uint64_t **ret_incidence, struct program_total_list *ret_programs);

#endif
