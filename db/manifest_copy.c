// SPDX-License-Identifier: BSD-2-Clause
#include "db/manifest.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/catalog_list.h"
#include "db/schema.h"
#include "db/manifest_private.h"
#include "db/packed.h"

static int output_new(struct io_output *output, const char *path, struct error *err)
{
	if (access(path, F_OK) == 0)
		return error_code(err, -EEXIST, "cannot copy the manifest to '%s'", path);
	return io_output_open_named(output, path, 0644, err);
}

int manifest_vacuum_into(struct manifest *manifest, const char *uri, struct error *err)
{
	_cleanup_(statement_freep) sqlite3_stmt *stmt = NULL;
	int r = statement_new(&manifest->sql, "VACUUM INTO ?", &stmt, err);

	if (r < 0)
		return r;
	bind_text(stmt, 1, uri);
	r = connection_execute(&manifest->sql, "PRAGMA query_only = OFF", err);
	return r < 0 ? r : statement_step(&manifest->sql, stmt, err);
}

int manifest_copy(struct manifest *manifest, const char *path, struct error *err)
{
	_cleanup_(io_output_release) struct io_output output = IO_OUTPUT_INIT;
	_cleanup_(freep) char *uri = NULL;
	int r = output_new(&output, path, err);

	if (r < 0)
		return r;
	uri = connection_uri(output.temporary, "");
	if (!uri)
		return error_oom(err);
	r = manifest_vacuum_into(manifest, uri, err);
	if (!manifest->sql.writing)
		sqlite3_exec(manifest->sql.db, "PRAGMA query_only = ON", NULL, NULL, NULL);
	if (r == -ENOSPC) /* it is not the manifest that is being read which is full */
		return error_code(err, r, "cannot copy manifest '%s' to '%s'", manifest->sql.path, path);
	if (r < 0)
		return error_prefix(err, r, "cannot copy to '%s'", path);
	return io_publish(&output, err);
}

/* What a copy for others is made of, row by row in the order of the keys: the same bytes each time. */
static const char copy_sql[] =
	"INSERT INTO main.session SELECT * FROM other.session ORDER BY id;"
	"INSERT INTO main.entry SELECT * FROM other.entry ORDER BY id;"
	"INSERT INTO main.program SELECT * FROM other.program ORDER BY id;"
	"INSERT INTO main.access SELECT * FROM other.access;"
	"INSERT INTO main.event SELECT * FROM other.event;"
	"INSERT INTO main.phase SELECT * FROM other.phase;"
	"INSERT INTO main.learned SELECT * FROM other.learned;";

static int attach(struct manifest *copy, const struct manifest *from, struct error *err)
{
	_cleanup_(statement_freep) sqlite3_stmt *stmt = NULL;
	int r = statement_new(&copy->sql, "ATTACH ? AS other", &stmt, err);

	if (r < 0)
		return r;
	bind_text(stmt, 1, from->sql.uri);
	return statement_step(&copy->sql, stmt, err);
}

static int name_source(struct manifest *copy, const char *source, struct error *err)
{
	_cleanup_(statement_freep) sqlite3_stmt *stmt = NULL;
	int r = statement_new(&copy->sql, "UPDATE session SET source = ?", &stmt, err);

	if (r < 0)
		return r;
	bind_text(stmt, 1, source);
	return statement_step(&copy->sql, stmt, err);
}

/* No journal: a copy that fails is thrown away. What was overwritten shall not be found in it. */
static int fill(struct manifest *copy, const struct manifest *from, const char *source,
		const struct catalog_list *catalog, struct error *err)
{
	int r = connection_execute(&copy->sql, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
				       "PRAGMA secure_delete = ON", err);

	if (r == 0)
		r = schema_lay_out(copy, err);
	if (r == 0)
		r = attach(copy, from, err);
	if (r == 0)
		r = connection_execute(&copy->sql, "BEGIN", err);
	if (r == 0)
		r = connection_execute(&copy->sql, copy_sql, err);
	if (r == 0)
		r = name_source(copy, source, err);
	if (r == 0)
		r = connection_commit(&copy->sql, err);
	return r < 0 ? r : catalog_take(copy, catalog, true, err);
}

int manifest_copy_away(struct manifest *manifest, const char *source, const struct catalog_list *catalog,
		       const struct packed *packed, const char *path, struct error *err)
{
	_cleanup_(io_output_release) struct io_output output = IO_OUTPUT_INIT;
	struct manifest copy = {
		.sql = {.noun = "manifest", .path = manifest->sql.path, .writing = true}};
	int r = output_new(&output, path, err);

	if (r < 0)
		return r;
	r = connection_open(&copy.sql, output.temporary, "", SQLITE_OPEN_READWRITE, err);
	if (r == 0)
		r = fill(&copy, manifest, source, catalog, err);
	if (r == 0)
		r = packed_write(&copy, packed, err);
	connection_close(&copy.sql);
	array_release(&copy.sql.prepared);
	free(copy.sql.uri);
	if (r == -ENOSPC) /* it is not the manifest that is being read which is full */
		return error_code(err, r, "cannot copy manifest '%s' to '%s'", manifest->sql.path, path);
	if (r < 0)
		return error_prefix(err, r, "cannot copy to '%s'", path);
	return io_publish(&output, err);
}
