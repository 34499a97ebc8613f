// SPDX-License-Identifier: BSD-2-Clause
#include "db/schema.h"

#include <stdio.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/manifest_private.h"

static const char schema_sql[] =
#include "db/schema.inc"
	"";

/* From version 1, the first, on. A change of meaning adds a step here. */
static const struct schema_step own_steps[] = {
	{1, "", NULL},
	/* directories may be folded in the catalog */
	{2, "ALTER TABLE catalog ADD COLUMN names INTEGER;"
	    "ALTER TABLE catalog ADD COLUMN files INTEGER;"
	    "ALTER TABLE catalog ADD COLUMN digest BLOB;"
	    "DROP VIEW IF EXISTS untouched;"
	    "CREATE VIEW untouched AS SELECT path, kind, size, names FROM catalog"
	    " WHERE names IS NOT NULL OR NOT EXISTS"
	    " (SELECT 1 FROM entry JOIN access ON access.entry = entry.id"
	    "  WHERE entry.path = catalog.path)",
	 NULL},
	/* modes in the catalog; what a package was made of, and from there on all views anew */
	{3, "ALTER TABLE catalog ADD COLUMN mode INTEGER;"
	    "DROP VIEW IF EXISTS accesses;"
	    "DROP VIEW IF EXISTS needed;"
	    "DROP VIEW IF EXISTS missing;"
	    "DROP VIEW IF EXISTS untouched",
	 "CREATE TABLE packed"},
	/* what a profile can take away; it stands before what the step above makes anew */
	{4, "CREATE TABLE learned (\n"
	    "\tsession INTEGER NOT NULL REFERENCES session (id) ON DELETE CASCADE,\n"
	    "\tkind    TEXT    NOT NULL CHECK (kind IN ('calls', 'capability')),\n"
	    "\tname    TEXT    NOT NULL,\n"
	    "\tused    INTEGER NOT NULL,\n"
	    "\tPRIMARY KEY (session, kind, name)\n"
	    ") WITHOUT ROWID",
	 NULL},
};

int schema_lay_out(struct manifest *manifest, struct error *err)
{
	int r = manifest_begin(manifest, err);

	if (r < 0)
		return r;
	r = connection_execute(&manifest->sql, schema_sql, err);
	if (r == 0)
		r = manifest_commit(manifest, err);
	if (r < 0)
		manifest_rollback(manifest);
	return r;
}

static int number_of(struct manifest *manifest, const char *sql, int *ret_number,
		     struct error *err)
{
	_cleanup_(statement_freep) sqlite3_stmt *stmt = NULL;
	int r;

	r = statement_new(&manifest->sql, sql, &stmt, err);
	if (r < 0)
		return r;
	r = statement_step(&manifest->sql, stmt, err);
	if (r < 0)
		return r;
	*ret_number = r ? sqlite3_column_int(stmt, 0) : 0;
	return 0;
}

int schema_version(struct manifest *manifest, int *ret_version, struct error *err)
{
	int id, version, r;

	r = number_of(manifest, "PRAGMA application_id", &id, err);
	if (r < 0)
		return r;
	r = number_of(manifest, "PRAGMA user_version", &version, err);
	if (r < 0)
		return r;
	if (id != SCHEMA_APPLICATION_ID)
		return error_set(err, -EMEDIUMTYPE, "'%s' is not a manifest: %s",
				 manifest->sql.path, "it is a database of something else");
	if (version > SCHEMA_VERSION)
		return error_set(err, -EPROTONOSUPPORT,
				 "manifest '%s' has version %d, newer than the %d known here: use "
				 "newer tools",
				 manifest->sql.path, version, SCHEMA_VERSION);
	if (version < 1)
		return error_set(err, -EUCLEAN, "manifest '%s' is corrupt: its version is %d",
				 manifest->sql.path, version);
	*ret_version = version;
	return 0;
}

int schema_check(struct manifest *manifest, struct error *err)
{
	enum { TABLES = 6 };
	int count, r;

	/* plain tables: a view or virtual table of such a name could run anything when read */
	r = number_of(manifest,
		      "SELECT count(DISTINCT name) FROM sqlite_schema"
		      " WHERE type = 'table' AND sql LIKE 'CREATE TABLE %' AND name IN"
		      " ('session', 'entry', 'program', 'access', 'catalog', 'event')",
		      &count, err);
	if (r < 0)
		return r;
	if (count != TABLES)
		return error_set(err, -EUCLEAN, "manifest '%s' is corrupt: a table is missing",
				 manifest->sql.path);
	r = number_of(manifest,
		      "SELECT count(*) FROM sqlite_schema WHERE name IN ('packed', 'package', 'phase', 'learned')"
		      " AND (type <> 'table' OR sql NOT LIKE 'CREATE TABLE %')",
		      &count, err);
	if (r == 0 && count)
		r = error_set(err, -EUCLEAN, "manifest '%s' is corrupt: a table is none", manifest->sql.path);
	return r;
}

static int climb_one(struct manifest *manifest, const struct schema_step *step, struct error *err)
{
	char sql[64];
	int r;

	r = connection_execute(&manifest->sql, step->sql, err);
	if (r == 0 && step->from)
		r = connection_execute(&manifest->sql, strstr(schema_sql, step->from), err);
	if (r < 0)
		return r;
	snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", step->version);
	return connection_execute(&manifest->sql, sql, err);
}

int schema_climb(struct manifest *manifest, int version, const struct schema_step *steps,
		 size_t count, struct error *err)
{
	int r;

	if (!steps) {
		steps = own_steps;
		count = sizeof(own_steps) / sizeof(*own_steps);
	}
	r = manifest_begin(manifest, err);
	for (size_t i = 0; r == 0 && i < count; i++)
		if (steps[i].version > version)
			r = climb_one(manifest, &steps[i], err);
	if (r == 0)
		r = manifest_commit(manifest, err);
	if (r < 0)
		manifest_rollback(manifest);
	return r < 0 ? error_prefix(err, r, "cannot bring it to version %d", SCHEMA_VERSION) : 0;
}
