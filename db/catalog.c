// SPDX-License-Identifier: BSD-2-Clause
#include "db/catalog.h"

#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
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
		"INSERT OR REPLACE INTO catalog (path, kind, size, names, files, digest, mode)"
		" VALUES (?, ?, ?, ?, ?, ?, ?)";
	sqlite3_stmt *stmt;
	int r;

	r = statement_get(&manifest->sql, sql, &stmt, err);
	if (r < 0)
		return r;
	bind_text(stmt, 1, entry->path);
	bind_text(stmt, 2, entry_kind_name(entry->kind));
	bind_int(stmt, 3, (int64_t)entry->size);
	if (entry->folded) {
		bind_int(stmt, 4, (int64_t)entry->names);
		bind_int(stmt, 5, (int64_t)entry->files);
		sqlite3_bind_blob(stmt, 6, entry->digest, CATALOG_DIGEST_SIZE, SQLITE_STATIC);
	}
	if (entry->has_mode)
		bind_int(stmt, 7, entry->mode);
	return statement_run(&manifest->sql, stmt, err);
}

int catalog_total(struct manifest *manifest, uint64_t *ret_files, uint64_t *ret_bytes,
		  struct error *err)
{
	static const char sql[] = "SELECT sum(coalesce(files, 1)), sum(size) FROM catalog"
				  " WHERE kind = 'file' OR names IS NOT NULL";
	_cleanup_(statement_donep) sqlite3_stmt *stmt = NULL;
	int r;

	r = statement_first(&manifest->sql, sql, &stmt, err);
	if (r < 0)
		return r;
	*ret_files = column_count(stmt, 0);
	*ret_bytes = column_count(stmt, 1);
	return 0;
}

#define COLUMNS "SELECT path, kind, size, names, files, digest, mode FROM catalog"

static void catalog_read(sqlite3_stmt *stmt, struct catalog_entry *ret_entry)
{
	*ret_entry = (struct catalog_entry){
		.path = column_text(stmt, 0),
		.kind = entry_kind_of_name(column_text_or_null(stmt, 1)),
		.size = column_count(stmt, 2),
		.folded = sqlite3_column_type(stmt, 3) != SQLITE_NULL,
		.names = column_count(stmt, 3),
		.files = column_count(stmt, 4),
		.mode = (uint16_t)(sqlite3_column_int(stmt, 6) & 07777),
		.has_mode = sqlite3_column_type(stmt, 6) != SQLITE_NULL,
	};
	if (sqlite3_column_bytes(stmt, 5) == CATALOG_DIGEST_SIZE)
		memcpy(ret_entry->digest, sqlite3_column_blob(stmt, 5), CATALOG_DIGEST_SIZE);
}

int catalog_find(struct manifest *manifest, const char *path, struct catalog_entry *ret_entry,
		 struct error *err)
{
	static const char sql[] = COLUMNS " WHERE path = ?";
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

int catalog_ask(struct manifest *manifest, const char *path, enum catalog_answer *ret_answer,
		struct catalog_entry *ret_entry, struct error *err)
{
	_cleanup_(freep) char *parent = NULL;
	int r = catalog_find(manifest, path, ret_entry, err);

	*ret_answer = r > 0 ? CATALOG_LISTED : CATALOG_NEVER;
	if (r != 0)
		return r < 0 ? r : 0;
	parent = path_parent(path);
	if (!parent)
		return error_oom(err);
	r = catalog_find(manifest, parent, ret_entry, err);
	if (r > 0 && ret_entry->folded)
		*ret_answer = CATALOG_UNKNOWN;
	return r < 0 ? r : 0;
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
	r = statement_new(&manifest->sql, COLUMNS " ORDER BY path",
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
