// SPDX-License-Identifier: BSD-2-Clause
#include "db/session_counts.h"

#include "db/base/cleanup.h"
#include "db/manifest_private.h"

/* EACCES and EPERM for what reads; on Linux these are the numbers everywhere, as of ENOENT and ENOTDIR. */
#define REFUSED                                                                                    \
	"(access.errno IN (1, 13) AND access.writing = 0 AND access.op IN ('lookup', 'stat',"      \
	" 'open', 'exec', 'readdir', 'readlink'))"

int session_count(struct manifest *manifest, int64_t session, struct session_counts *ret_counts,
		  struct error *err)
{
	static const char sql[] =
		"SELECT sum(there AND entry.kind IS NOT 'dir'), sum(missed AND entry.kind IS NULL),"
		" sum(refused) FROM (SELECT access.entry AS entry, max(access.errno = 0) AS there,"
		" max(access.errno IN (2, 20)) AS missed, max(" REFUSED ") AS refused"
		" FROM access WHERE access.session = ? GROUP BY access.entry) AS sum"
		" CROSS JOIN entry ON entry.id = sum.entry";
	_cleanup_(statement_donep) sqlite3_stmt *stmt = NULL;
	int r;

	r = statement_get(&manifest->sql, sql, &stmt, err);
	if (r < 0)
		return r;
	bind_int(stmt, 1, session);
	r = statement_step(&manifest->sql, stmt, err);
	if (r < 0)
		return r;
	*ret_counts = (struct session_counts){.files = column_count(stmt, 0),
					      .missing = column_count(stmt, 1),
					      .refused = column_count(stmt, 2)};
	return 0;
}

int session_refused_names(struct manifest *manifest, int64_t session, unsigned int most,
			  struct text *names, struct error *err)
{
	static const char sql[] = "SELECT entry.path FROM access JOIN entry ON entry.id = access.entry"
				  " WHERE access.session = ? AND " REFUSED
				  " GROUP BY entry.id ORDER BY entry.path LIMIT ?";
	_cleanup_(statement_donep) sqlite3_stmt *stmt = NULL;
	const char *between = "";
	int r;

	r = statement_get(&manifest->sql, sql, &stmt, err);
	if (r < 0)
		return r;
	bind_int(stmt, 1, session);
	bind_int(stmt, 2, most);
	for (; (r = statement_step(&manifest->sql, stmt, err)) > 0; between = ", ") {
		text_add(names, between);
		text_add(names, column_text(stmt, 0));
	}
	return r < 0 ? r : text_failed(names) ? error_oom(err) : 0;
}
