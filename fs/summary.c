// SPDX-License-Identifier: BSD-2-Clause
#include "fs/summary.h"

#include <errno.h>

#include "db/access.h"
#include "db/base/cleanup.h"

int summary_count(struct summary *summary, struct manifest *manifest, int64_t session,
		  struct error *err)
{
	_cleanup_(access_walk_endp) struct access_walk *walk = NULL;
	struct access_row row;
	int64_t entry = -1;
	bool there = false;
	int r;

	r = access_walk_begin(manifest, &session, 1, &walk, err);
	if (r < 0)
		return r;
	while ((r = access_walk_next(walk, &row, err)) > 0) {
		bool seen = row.error == 0 && row.entry.found.kind != ENTRY_DIR;
		bool miss = row.error == ENOENT || row.error == ENOTDIR;

		if (row.entry.id != entry) {
			entry = row.entry.id;
			there = false;
			if (miss && row.entry.found.kind == ENTRY_MISSING)
				summary->missing++;
		}
		if (seen && !there) {
			there = true;
			summary->files++;
		}
	}
	return r;
}
