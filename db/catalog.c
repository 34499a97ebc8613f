// SPDX-License-Identifier: BSD-2-Clause
#include "db/catalog.h"

#include <stdlib.h>

#include "db/base/cleanup.h"
#include "db/manifest_private.h"

int catalog_exists(struct manifest *manifest, bool *ret_exists, struct error *err)
{
	static const char sql[] = "SELECT 1 FROM catalog LIMIT 1";
	_cleanup_(statement_donep) sqlite3_stmt *stmt = NULL;
	int r;

	r = statement_first(&manifest->sql, sql, &stmt, err);
	if (r < 0)
		return r;
	*ret_exists = r > 0;
	return 0;
}

int catalog_add(struct manifest *manifest, const struct catalog_entry *entry, struct error *err)
{
	static const char sql[] =
		"INSERT OR REPLACE INTO catalog (path, kind, size) VALUES (?, ?, ?)";
	sqlite3_stmt *stmt;
	int r;

	r = statement_get(&manifest->sql, sql, &stmt, err);
	if (r < 0)
		return r;
	bind_text(stmt, 1, entry->path);
	bind_text(stmt, 2, entry_kind_name(entry->kind));
	bind_int(stmt, 3, (int64_t)entry->size);
	return statement_run(&manifest->sql, stmt, err);
}

int catalog_total(struct manifest *manifest, uint64_t *ret_files, uint64_t *ret_bytes,
		  struct error *err)
{
	static const char sql[] = "SELECT count(*), sum(size) FROM catalog WHERE kind = 'file'";
	_cleanup_(statement_donep) sqlite3_stmt *stmt = NULL;
	int r;

	r = statement_first(&manifest->sql, sql, &stmt, err);
	if (r < 0)
		return r;
	*ret_files = column_count(stmt, 0);
	*ret_bytes = column_count(stmt, 1);
	return 0;
}

static void catalog_read(sqlite3_stmt *stmt, struct catalog_entry *ret_entry)
{
	*ret_entry = (struct catalog_entry){
		.path = column_text(stmt, 0),
		.kind = entry_kind_of_name(column_text_or_null(stmt, 1)),
		.size = column_count(stmt, 2),
	};
}

int catalog_find(struct manifest *manifest, const char *path, struct catalog_entry *ret_entry,
		 struct error *err)
{
	static const char sql[] = "SELECT path, kind, size FROM catalog WHERE path = ?";
	sqlite3_stmt *stmt;
	int r;

	r = statement_get(&manifest->sql, sql, &stmt, err);
	if (r < 0)
		return r;
	statement_done(stmt); /* the row of the last call was lent until now */
	bind_text(stmt, 1, path);
	r = statement_step(&manifest->sql, stmt, err);
	if (r > 0)
		catalog_read(stmt, ret_entry);
	else
		statement_done(stmt);
	return r;
}

struct catalog_walk {
	struct manifest *manifest; /* borrowed */
	sqlite3_stmt *stmt;
};

int catalog_walk_begin(struct manifest *manifest, struct catalog_walk **ret_walk,
		       struct error *err)
{
	_cleanup_(catalog_walk_endp) struct catalog_walk *walk = calloc(1, sizeof(*walk));
	int r;

	if (!walk)
		return error_oom(err);
	walk->manifest = manifest;
	r = statement_new(&manifest->sql, "SELECT path, kind, size FROM catalog ORDER BY path",
			  &walk->stmt, err);
	if (r < 0)
		return r;
	*ret_walk = take(walk);
	return 0;
}

int catalog_walk_next(struct catalog_walk *walk, struct catalog_entry *ret_entry,
		      struct error *err)
{
	int r = statement_step(&walk->manifest->sql, walk->stmt, err);

	if (r > 0)
		catalog_read(walk->stmt, ret_entry);
	return r;
}

void catalog_walk_end(struct catalog_walk *walk)
{
	if (!walk)
		return;
	sqlite3_finalize(walk->stmt);
	free(walk);
}

void catalog_walk_endp(struct catalog_walk **walk)
{
	catalog_walk_end(*walk);
}
