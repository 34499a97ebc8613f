/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a session came to, in three numbers. They are added up by SQLite in the order in which the rows
 * lie: half a second for a million, where a walk in the order of paths takes ten.
 */
#ifndef DB_SESSION_COUNTS_H
#define DB_SESSION_COUNTS_H

#include <stdint.h>

#include "db/base/text.h"
#include "db/manifest.h"

struct session_counts {
	uint64_t files;   /* distinct paths that were there, directories not counted */
	uint64_t missing; /* distinct paths that never were */
	uint64_t refused; /* distinct paths that the one who traced may not read */
};

int session_count(struct manifest *manifest, int64_t session, struct session_counts *ret_counts,
		  struct error *err);

/* The first so many of those that were refused, with commas between, added to names. */
int session_refused_names(struct manifest *manifest, int64_t session, unsigned int most,
			  struct text *names, struct error *err);

#endif
