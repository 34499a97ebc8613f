// SPDX-License-Identifier: BSD-2-Clause
#include "db/packed.h"

#include "db/base/cleanup.h"
#include "db/manifest_private.h"

static int write_path(struct manifest *manifest, const struct packed_path *path, struct error *err)
{
	sqlite3_stmt *stmt;
	int r = statement_get(&manifest->sql, "INSERT INTO packed VALUES (?, ?, ?, ?, ?, ?, ?)", &stmt, err);

	if (r < 0)
		return r;
	bind_text(stmt, 1, path->path);
	bind_text(stmt, 2, entry_kind_name(path->kind));
	bind_int(stmt, 3, (int64_t)path->size);
	bind_text(stmt, 4, path->package);
	bind_text(stmt, 5, path->reason);
	bind_text(stmt, 6, path->because);
	bind_text(stmt, 7, path->detail);
	return statement_run(&manifest->sql, stmt, err);
}

static int write_package(struct manifest *manifest, const struct packed_package *package, struct error *err)
{
	const uint64_t counts[] = {package->files, package->bytes, package->files_kept, package->bytes_kept};
	sqlite3_stmt *stmt;
	int r = statement_get(&manifest->sql,
			      "INSERT INTO package VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET"
			      " files = files + excluded.files, bytes = bytes + excluded.bytes,"
			      " files_kept = files_kept + excluded.files_kept,"
			      " bytes_kept = bytes_kept + excluded.bytes_kept",
			      &stmt, err);

	if (r < 0)
		return r;
	bind_text(stmt, 1, package->name);
	bind_text(stmt, 2, package->version);
	for (int i = 0; i < 4; i++)
		bind_int(stmt, 3 + i, (int64_t)counts[i]);
	return statement_run(&manifest->sql, stmt, err);
}

int packed_write(struct manifest *manifest, const struct packed *packed, struct error *err)
{
	int r = manifest_begin(manifest, err);

	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < packed->packages.count; i++)
		r = write_package(manifest, &packed->packages.items[i], err);
	for (size_t i = 0; r == 0 && i < packed->paths.count; i++)
		r = write_path(manifest, &packed->paths.items[i], err);
	if (r == 0)
		r = manifest_commit(manifest, err);
	if (r < 0)
		manifest_rollback(manifest);
	return r;
}

int packed_each_package(struct manifest *manifest,
			int (*visit)(const struct packed_package *package, void *data), void *data,
			struct error *err)
{
	_cleanup_(statement_donep) sqlite3_stmt *stmt = NULL;
	int r = statement_first(&manifest->sql,
				"SELECT name, version, files, bytes, files_kept, bytes_kept FROM package"
				" ORDER BY bytes_kept DESC, name",
				&stmt, err);

	while (r > 0) {
		const struct packed_package package = {.name = column_text(stmt, 0),
						       .version = column_text(stmt, 1),
						       .files = column_count(stmt, 2),
						       .bytes = column_count(stmt, 3),
						       .files_kept = column_count(stmt, 4),
						       .bytes_kept = column_count(stmt, 5)};

		r = visit(&package, data);
		if (r)
			return r;
		r = statement_step(&manifest->sql, stmt, err);
	}
	return r;
}
