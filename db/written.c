// SPDX-License-Identifier: BSD-2-Clause
#include "db/written.h"

#include <stdlib.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "db/manifest_private.h"

int written_each(struct manifest *manifest, int (*visit)(const char *path, const char *directory, void *data),
		 void *data, struct error *err)
{
	_cleanup_(statement_donep) sqlite3_stmt *stmt = NULL;
	int r = statement_get(
	    &manifest->sql,
	    "SELECT entry.path, min(access.op IN ('setattr', 'setxattr') AND entry.kind IS 'dir')"
	    " FROM access JOIN entry ON entry.id = access.entry JOIN actor ON actor.id = access.program"
	    " WHERE access.errno = 0 AND NOT actor.setup AND (access.writing OR access.op IN"
	    " ('create', 'mkdir', 'mknod', 'symlink', 'link', 'unlink', 'rmdir', 'rename', 'write', 'setattr', 'setxattr'))"
	    " GROUP BY entry.path ORDER BY entry.path",
	    &stmt, err);

	if (r < 0)
		return r;
	while ((r = statement_step(&manifest->sql, stmt, err)) > 0) {
		const char *path = column_text(stmt, 0);
		_cleanup_(freep) char *parent = path_parent(path);

		if (!parent)
			return error_oom(err);
		r = visit(path, sqlite3_column_int(stmt, 1) ? path : parent, data);
		if (r)
			return r;
	}
	return r;
}
