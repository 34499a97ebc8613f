// SPDX-License-Identifier: BSD-2-Clause
#include "fs/summary.h"

#include <stdio.h>

#include "db/base/cleanup.h"
#include "db/session_counts.h"

int summary_count(struct summary *summary, struct manifest *manifest, int64_t session,
		  struct error *err)
{
	_cleanup_(text_release) struct text names = TEXT_INIT;
	struct session_counts counts;
	int r;

	r = session_count(manifest, session, &counts, err);
	if (r < 0)
		return r;
	summary->files = counts.files;
	summary->missing = counts.missing;
	summary->refused = counts.refused;
	if (counts.refused == 0)
		return 0;
	r = session_refused_names(manifest, session, SUMMARY_NAMES, &names, err);
	if (r == 0)
		snprintf(summary->refused_names, sizeof(summary->refused_names), "%s", names.bytes);
	return r;
}
