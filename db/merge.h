/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Merging manifests: the sessions of one are added to another, with everything they saw. A session
 * goes by its uuid, so merging twice changes nothing, and A into B and C into B commute but for ids.
 */
#ifndef DB_MERGE_H
#define DB_MERGE_H

#include <stdbool.h>
#include <stdint.h>

#include "db/base/error.h"
#include "db/manifest.h"

struct merge_counts {
	uint64_t sessions; /* added */
	uint64_t known;    /* not added: here already */
	uint64_t running;  /* not added: their writer still runs; merge again when it has ended */
	uint64_t entries;  /* paths that were new here */
	uint64_t accesses;
	uint64_t events;
	uint64_t catalog; /* paths added to the catalog */
	/*
	 * The catalog of `from` was not taken: there is one here, and the two manifests do not name the
	 * same source. What is untouched is then known for the source of `into` alone.
	 */
	bool catalog_differs;
};

/*
 * Add what `from` (open for reading or writing) has to `into` (open for writing), in one
 * transaction: all of it or, on an error, nothing. A session left open by a writer that died comes
 * over as interrupted. Of two sightings of a path the better is kept, as when they had been recorded
 * here. Catalogs are united when they are of one source, or when `into` has none; a path that is in
 * both keeps what `into` says. Merging a manifest into itself is -EINVAL.
 */
int manifest_merge(struct manifest *into, struct manifest *from, struct merge_counts *ret_counts,
		   struct error *err);

#endif
