// SPDX-License-Identifier: BSD-2-Clause
#include "db/coverage.h"

#include "db/base/cleanup.h"
#include "db/coverage_count.h"

/* One walk over all accesses. */
static int count_all(struct manifest *manifest, enum coverage_by by, const int64_t *sessions, size_t count,
		     struct coverage_counter **ret_counter, struct error *err)
{
	_cleanup_(coverage_counter_freep) struct coverage_counter *counter = NULL;
	_cleanup_(access_walk_endp) struct access_walk *walk = NULL;
	struct access_row row;
	int r = coverage_counter_new(manifest, by, sessions, count, &counter, err);

	if (r == 0)
		r = access_walk_begin(manifest, sessions, count, &walk, err);
	while (r == 0 && (r = access_walk_next(walk, &row, err)) > 0)
		r = coverage_counter_note(counter, &row) < 0 ? error_oom(err) : 0;
	if (r < 0)
		return r;
	*ret_counter = take(counter);
	return 0;
}

int coverage_read(struct manifest *manifest, enum coverage_by by, const int64_t *sessions,
		  size_t count, struct coverage_list *ret_list, struct error *err)
{
	_cleanup_(coverage_counter_freep) struct coverage_counter *counter = NULL;
	int r = count_all(manifest, by, sessions, count, &counter, err);

	if (r < 0)
		return r;
	return coverage_counter_end(counter, ret_list, NULL, NULL) < 0 ? error_oom(err) : 0;
}

int coverage_incidence(struct manifest *manifest, enum coverage_by by, const int64_t *sessions,
		       size_t count, uint64_t **ret_counts, size_t *ret_runs, struct error *err)
{
	_cleanup_(coverage_counter_freep) struct coverage_counter *counter = NULL;
	_cleanup_(coverage_list_release) struct coverage_list runs = {0};
	int r = count_all(manifest, by, sessions, count, &counter, err);

	if (r < 0)
		return r;
	if (coverage_counter_end(counter, &runs, ret_counts, NULL) < 0)
		return error_oom(err);
	*ret_runs = runs.count;
	return 0;
}

int program_totals_read(struct manifest *manifest, const int64_t *sessions, size_t count,
			struct program_total_list *ret_list, struct error *err)
{
	_cleanup_(coverage_counter_freep) struct coverage_counter *counter = NULL;
	int r = count_all(manifest, COVERAGE_BY_SESSION, sessions, count, &counter, err);

	if (r < 0)
		return r;
	return coverage_counter_end(counter, NULL, NULL, ret_list) < 0 ? error_oom(err) : 0;
}
