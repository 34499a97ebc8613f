// SPDX-License-Identifier: BSD-2-Clause
#include "fs/summary.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "db/access.h"
#include "db/base/cleanup.h"

/* The one who serves the mount could not do what the one who asked would have been let. */
static bool is_refused(const struct access_row *row)
{
	return (row->error == EACCES || row->error == EPERM) && !(row->flags & ACCESS_WRITING) &&
	       (row->op == ACCESS_LOOKUP || row->op == ACCESS_STAT || row->op == ACCESS_OPEN ||
		row->op == ACCESS_EXEC || row->op == ACCESS_READDIR || row->op == ACCESS_READLINK);
}

static void add_refused(struct summary *summary, const char *path)
{
	size_t used = strlen(summary->refused_names);

	if (summary->refused++ < SUMMARY_NAMES)
		snprintf(summary->refused_names + used, sizeof(summary->refused_names) - used,
			 "%s%s", used ? ", " : "", path);
}

int summary_count(struct summary *summary, struct manifest *manifest, int64_t session,
		  struct error *err)
{
	_cleanup_(access_walk_endp) struct access_walk *walk = NULL;
	struct access_row row;
	int64_t entry = -1;
	bool there = false, refused = false;
	int r;

	r = access_walk_begin(manifest, &session, 1, &walk, err);
	if (r < 0)
		return r;
	while ((r = access_walk_next(walk, &row, err)) > 0) {
		bool seen = row.error == 0 && row.entry.found.kind != ENTRY_DIR;
		bool miss = row.error == ENOENT || row.error == ENOTDIR;

		if (row.entry.id != entry) {
			entry = row.entry.id;
			there = refused = false;
			if (miss && row.entry.found.kind == ENTRY_MISSING)
				summary->missing++;
		}
		if (!refused && is_refused(&row)) {
			refused = true;
			add_refused(summary, row.entry.path);
		}
		if (seen && !there) {
			there = true;
			summary->files++;
		}
	}
	return r;
}
