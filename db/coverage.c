// SPDX-License-Identifier: BSD-2-Clause
#include "db/coverage.h"

#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/text.h"
#include "db/manifest_private.h"
#include "db/session_table.h"

/* A row of access is a use, or a vain look, as the views of schema.sql have it. */
#define IS_USE                                                                                     \
	"(access.errno = 0 AND entry.origin = 'source' AND"                                        \
	" access.op NOT IN ('create', 'mkdir', 'mknod', 'symlink', 'link'))"
#define IS_VAIN "(access.errno IN (2, 20) AND entry.origin = 'source')"

/* total() of a column as an integer: a hostile manifest cannot make it overflow. */
#define SUM(what) "CAST(total(" what ") AS INTEGER)"

/*
 * WITH run (id, first, label, order), touched (one row per entry and run: used, vain, operations,
 * runs = in how many runs it is used). `first` stands for the run.
 */
static void add_touched(struct text *sql, enum coverage_by by, const int64_t *sessions,
			size_t count)
{
	text_printf(sql,
		    "WITH run AS MATERIALIZED (SELECT session.id AS id, label, started_ns,"
		    " row_number() OVER (ORDER BY started_ns, id) AS place,"
		    " first_value(id) OVER (PARTITION BY %s ORDER BY started_ns, id) AS first"
		    " FROM session WHERE true",
		    by == COVERAGE_BY_LABEL ? "label" : "id");
	if (sessions)
		sessions_condition(sql, "session.id", sessions, count);
	text_add(sql,
		 "), touched AS MATERIALIZED (SELECT entry.id AS entry, run.first AS first, entry.kind"
		 " AS kind, max(0, entry.size) AS size, max(" IS_USE ") AS used, max(" IS_VAIN
		 ") AS vain, total(access.count) AS operations,"
		 " min(iif(" IS_USE ", run.place, NULL)) AS place FROM access"
		 " CROSS JOIN run ON run.id = access.session"
		 " CROSS JOIN entry ON entry.id = access.entry GROUP BY access.entry, run.first)");
}

static int read_one(sqlite3_stmt *stmt, struct coverage *coverage)
{
	*coverage = (struct coverage){
		.label = strdup(column_text(stmt, 0)),
		.session = sqlite3_column_int64(stmt, 1),
		.sessions = column_count(stmt, 2),
		.paths = column_count(stmt, 3),
		.files = column_count(stmt, 4),
		.bytes = column_count(stmt, 5),
		.only_paths = column_count(stmt, 6),
		.only_files = column_count(stmt, 7),
		.only_bytes = column_count(stmt, 8),
		.new_files = column_count(stmt, 9),
		.new_bytes = column_count(stmt, 10),
		.in_vain = column_count(stmt, 11),
		.operations = column_count(stmt, 12),
	};
	return coverage->label ? 0 : -ENOMEM;
}

static char *coverage_sql(enum coverage_by by, const int64_t *sessions, size_t count)
{
	struct text sql = TEXT_INIT;

	add_touched(&sql, by, sessions, count);
	text_add(&sql,
		 ", counted AS (SELECT *, sum(used) OVER same AS runs, place = min(place) OVER same"
		 " AS is_new FROM touched WINDOW same AS (PARTITION BY entry)),"
		 " sums AS (SELECT first, sum(used) AS paths, sum(used AND kind IS 'file') AS files, "
		 SUM("iif(used AND kind IS 'file', size, 0)") " AS bytes,"
		 " sum(used AND runs = 1) AS only_paths,"
		 " sum(used AND runs = 1 AND kind IS 'file') AS only_files, "
		 SUM("iif(used AND runs = 1 AND kind IS 'file', size, 0)") " AS only_bytes,"
		 " sum(is_new AND kind IS 'file') AS new_files, "
		 SUM("iif(is_new AND kind IS 'file', size, 0)") " AS new_bytes,"
		 " sum(vain) AS vain, " SUM("operations") " AS operations FROM counted GROUP BY first)"
		 " SELECT run.label, run.first, count(*), paths, files, bytes, only_paths, only_files,"
		 " only_bytes, new_files, new_bytes, vain, operations"
		 " FROM run LEFT JOIN sums ON sums.first = run.first"
		 " GROUP BY run.first ORDER BY min(run.started_ns), run.first");
	return text_take(&sql);
}

int coverage_read(struct manifest *manifest, enum coverage_by by, const int64_t *sessions,
		  size_t count, struct coverage_list *ret_list, struct error *err)
{
	_cleanup_(coverage_list_release) struct coverage_list list = {0};
	_cleanup_(freep) char *sql = coverage_sql(by, sessions, count);
	_cleanup_(statement_freep) sqlite3_stmt *stmt = NULL;
	ARRAY(struct coverage) rows = ARRAY_INIT;
	int r;

	if (!sql)
		return error_oom(err);
	r = statement_new(&manifest->sql, sql, &stmt, err);
	while (r == 0 && (r = statement_step(&manifest->sql, stmt, err)) > 0) {
		r = array_reserve(&rows, 1);
		if (r == 0)
			r = read_one(stmt, &rows.items[rows.count++]);
		if (r < 0)
			error_oom(err);
	}
	list = (struct coverage_list){rows.items, rows.count};
	if (r < 0)
		return r;
	*ret_list = list;
	list = (struct coverage_list){0};
	return 0;
}

void coverage_list_release(struct coverage_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i].label);
	free(list->items);
	*list = (struct coverage_list){0};
}

static char *incidence_sql(enum coverage_by by, const int64_t *sessions, size_t count)
{
	struct text sql = TEXT_INIT;

	add_touched(&sql, by, sessions, count);
	text_add(&sql, " SELECT 0, count(DISTINCT first) FROM run UNION ALL SELECT runs, count(*) FROM"
		       " (SELECT sum(used) AS runs FROM touched WHERE kind IS 'file'"
		       " GROUP BY entry) WHERE runs > 0 GROUP BY runs");
	return text_take(&sql);
}

int coverage_incidence(struct manifest *manifest, enum coverage_by by, const int64_t *sessions,
		       size_t count, uint64_t **ret_counts, size_t *ret_runs, struct error *err)
{
	_cleanup_(freep) char *sql = incidence_sql(by, sessions, count);
	_cleanup_(statement_freep) sqlite3_stmt *stmt = NULL;
	_cleanup_(freep) uint64_t *counts = NULL;
	uint64_t runs = 0;
	int r;

	if (!sql)
		return error_oom(err);
	r = statement_new(&manifest->sql, sql, &stmt, err);
	while (r == 0 && (r = statement_step(&manifest->sql, stmt, err)) > 0) {
		uint64_t k = column_count(stmt, 0);

		r = 0;
		if (k == 0) { /* the first row: how many runs there are */
			runs = column_count(stmt, 1);
			counts = calloc(runs + 1, sizeof(*counts));
			r = counts ? 0 : error_oom(err);
		} else if (k <= runs) {
			counts[k] = column_count(stmt, 1);
		}
	}
	if (r < 0)
		return r;
	*ret_counts = take(counts);
	*ret_runs = runs;
	return 0;
}

static char *programs_sql(const int64_t *sessions, size_t count)
{
	struct text sql = TEXT_INIT;

	text_add(&sql,
		 "WITH touched AS (SELECT program.exe AS exe, entry.kind AS kind, max(0, entry.size)"
		 " AS size, max(" IS_USE ") AS used, max(" IS_VAIN ") AS vain,"
		 " total(access.count) AS operations FROM access"
		 " CROSS JOIN entry ON entry.id = access.entry"
		 " CROSS JOIN program ON program.id = access.program WHERE true");
	if (sessions)
		sessions_condition(&sql, "access.session", sessions, count);
	text_add(&sql,
		 " GROUP BY access.entry, program.exe)"
		 " SELECT exe, " SUM("operations") ", sum(used), sum(used AND kind IS 'file'), "
		 SUM("iif(used AND kind IS 'file', size, 0)") " AS bytes, sum(vain)"
		 " FROM touched GROUP BY exe ORDER BY bytes DESC, exe");
	return text_take(&sql);
}

int program_totals_read(struct manifest *manifest, const int64_t *sessions, size_t count,
			struct program_total_list *ret_list, struct error *err)
{
	_cleanup_(program_total_list_release) struct program_total_list list = {0};
	_cleanup_(freep) char *sql = programs_sql(sessions, count);
	_cleanup_(statement_freep) sqlite3_stmt *stmt = NULL;
	ARRAY(struct program_total) rows = ARRAY_INIT;
	int r;

	if (!sql)
		return error_oom(err);
	r = statement_new(&manifest->sql, sql, &stmt, err);
	while (r == 0 && (r = statement_step(&manifest->sql, stmt, err)) > 0) {
		struct program_total total = {
			.exe = strdup(column_text(stmt, 0)),
			.operations = column_count(stmt, 1),
			.paths = column_count(stmt, 2),
			.files = column_count(stmt, 3),
			.bytes = column_count(stmt, 4),
			.in_vain = column_count(stmt, 5),
		};

		r = total.exe ? array_push(&rows, total) : -ENOMEM;
		if (r < 0) {
			free(total.exe);
			error_oom(err);
		}
	}
	list = (struct program_total_list){rows.items, rows.count};
	if (r < 0)
		return r;
	*ret_list = list;
	list = (struct program_total_list){0};
	return 0;
}

void program_total_list_release(struct program_total_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i].exe);
	free(list->items);
	*list = (struct program_total_list){0};
}
