// SPDX-License-Identifier: BSD-2-Clause
#include "pack/report/data.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "db/base/path.h"
#include "db/coverage_count.h"
#include "pack/need/reason.h"
#include "pack/report/paths.h"
#include "pack/report/rows.h"
#include "pack/report/sessions.h"

enum { LIST_MAX = 2000 }; /* of what is listed: no page is read to its end */

/* ---- numbers and names */

static int add_totals(json_t *data, const struct report_rows *rows,
		      const struct session_list *sessions)
{
	json_int_t files = 0, size = 0, kept_files = 0, kept_size = 0, dropped = 0;

	for (size_t i = 0; i < rows->rows.count; i++) {
		const struct report_row *row = &rows->rows.items[i];

		if (row->kind != ENTRY_FILE)
			continue;
		files += row->files ? (json_int_t)row->files : 1;
		size += (json_int_t)row->size;
		if (row->state == REPORT_OUT || row->state == REPORT_EXCLUDED)
			continue;
		kept_files += row->files ? (json_int_t)row->files : 1;
		kept_size += (json_int_t)row->size;
	}
	for (size_t i = 0; i < sessions->count; i++)
		dropped += (json_int_t)sessions->items[i].dropped;
	return json_object_set_new(data, "totals",
				   json_pack("{s:I, s:I, s:I, s:I, s:I}", "source_files", files,
					     "source_bytes", size, "kept_files", kept_files,
					     "kept_bytes", kept_size, "dropped", dropped));
}

/* The tool's own, as the view "actor" of a manifest has it: the runtime is '/' inside. */
static bool is_setup(const char *exe)
{
	const char *name = path_name(exe);

	return strcmp(exe, "/") == 0 || strcmp(name, "sfc") == 0 || strcmp(name, "crun") == 0;
}

static int add_programs(json_t *data, const struct program_total_list *programs)
{
	json_t *array = json_array();

	for (size_t i = 0; i < programs->count; i++) {
		const struct program_total *p = &programs->items[i];

		if (json_array_append_new(array, json_pack("{s:o, s:I, s:I, s:b}", "exe",
							   json_path(p->exe), "files",
							   (json_int_t)p->files, "accesses",
							   (json_int_t)p->operations, "setup",
							   is_setup(p->exe))) < 0)
			return -ENOMEM;
	}
	return json_object_set_new(data, "programs", array) < 0 ? -ENOMEM : 0;
}

/* [path, operation, error, times, program], by instances or by tests. */
static int add_missing(json_t *data, const char *name, const struct report_rows *rows, bool production)
{
	json_t *array = json_array();
	size_t count = 0;

	for (size_t i = 0; i < rows->missing.count; i++) {
		const struct report_missing *m = &rows->missing.items[i];
		const char *error = strerrorname_np(m->error);

		if (m->production != production || count++ >= LIST_MAX)
			continue;
		if (json_array_append_new(array, json_pack("[o, s, s, I, o]", json_path(m->path),
							   access_op_name(m->op), error ? error : "?",
							   (json_int_t)m->count, json_path(m->exe))) < 0)
			return -ENOMEM;
	}
	return json_set(data, name, json_pack("{s:I, s:o}", "count", (json_int_t)count, "rows", array));
}

/* [directory, used, not used, bytes of these, the largest of them] */
static int add_next(json_t *data, const struct report_rows *rows)
{
	json_t *array = json_array();

	for (size_t i = 0; i < rows->next.count; i++) {
		const struct report_next *next = &rows->next.items[i];

		if (json_array_append_new(array, json_pack("[o, I, I, I, o]", json_path(next->path),
							   (json_int_t)next->used, (json_int_t)next->left,
							   (json_int_t)next->left_bytes,
							   json_path(next->example ? next->example : ""))) < 0)
			return -ENOMEM;
	}
	return json_set(data, "next", array);
}

static int add_reasons(json_t *data)
{
	json_t *array = json_array();

	for (int i = 0; i < REASON_KINDS; i++)
		if (json_array_append_new(array, json_string(reason_phrase((enum reason_kind)i))) <
		    0)
			return -ENOMEM;
	return json_object_set_new(data, "reasons", array) < 0 ? -ENOMEM : 0;
}

/* ---- what is not always known */

/* What a program that lists directories would miss. */
static int add_listed(json_t *data, const struct closure_listed *listed)
{
	return json_set(data, "listed", json_pack("{s:I, s:I}", "directories",
						  (json_int_t)(listed ? listed->directories : 0), "left_out",
						  (json_int_t)(listed ? listed->left_out : 0)));
}

/* [name, version, files kept, files, bytes kept, bytes] of those that keep something; the rest in numbers. */
static int add_packages(json_t *data, const struct packed *packages)
{
	json_t *array = json_array();
	json_int_t left = 0, left_bytes = 0;

	for (size_t i = 0; packages && i < packages->packages.count; i++) {
		const struct packed_package *package = &packages->packages.items[i];

		if (!package->files_kept) {
			left++;
			left_bytes += (json_int_t)package->bytes;
			continue;
		}
		if (json_array_append_new(array, json_pack("[o, o, I, I, I, I]", json_path(package->name),
							   json_path(package->version),
							   (json_int_t)package->files_kept,
							   (json_int_t)package->files,
							   (json_int_t)package->bytes_kept,
							   (json_int_t)package->bytes)) < 0)
			return -ENOMEM;
	}
	return json_set(data, "packages", json_pack("{s:o, s:I, s:I}", "rows", array, "left", left, "left_bytes",
						    left_bytes));
}

/* [sign, path, bytes before, bytes after] */
static int add_comparison(json_t *data, const struct report_options *options)
{
	const struct differences *differences = options->differences;
	json_t *array;

	if (!differences)
		return json_set(data, "compared", json_null());
	array = json_array();
	for (size_t i = 0; i < differences->count && i < LIST_MAX; i++) {
		const struct difference *d = &differences->items[i];

		if (json_array_append_new(array, json_pack("[s, o, I, I]", !d->a ? "+" : !d->b ? "-" : "~",
							   json_path(d->b ? d->b->path : d->a->path),
							   (json_int_t)(d->a ? d->a->found.size : 0),
							   (json_int_t)(d->b ? d->b->found.size : 0))) < 0)
			return -ENOMEM;
	}
	return json_set(data, "compared",
			json_pack("{s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "with",
				  json_path(options->other), "rows", array, "count",
				  (json_int_t)differences->count, "added", (json_int_t)differences->added,
				  "added_bytes", (json_int_t)differences->added_bytes, "removed",
				  (json_int_t)differences->removed, "removed_bytes",
				  (json_int_t)differences->removed_bytes, "changed",
				  (json_int_t)differences->changed, "changed_bytes",
				  (json_int_t)differences->changed_bytes, "same", (json_int_t)differences->same));
}

static int add_about(json_t *data, const struct report_options *options)
{
	return json_set(data, "title", json_path(options->title)) < 0 ||
			       json_set(data, "source", json_path(options->source)) < 0 ||
			       json_set(data, "version", json_path(options->version)) < 0 ||
			       json_set(data, "digest", json_path(options->digest)) < 0 ||
			       json_set(data, "command", json_path(options->command)) < 0 ||
			       json_set(data, "image_bytes", json_integer((json_int_t)options->image_bytes)) < 0 ||
			       json_set(data, "time", json_integer(options->time)) < 0 ||
			       json_set(data, "closure", json_boolean(options->evidence != NULL)) < 0 ||
			       json_set(data, "tool", json_string("tracepack " PACKAGE_VERSION)) < 0
		       ? -ENOMEM
		       : 0;
}

int report_data(struct manifest *manifest, const struct report_options *options, json_t *data,
		struct error *err)
{
	const struct session_list *sessions = &options->selection->sessions;
	_cleanup_(coverage_counter_freep) struct coverage_counter *counter = NULL;
	_cleanup_(program_total_list_release) struct program_total_list programs = {0};
	_cleanup_(coverage_list_release) struct coverage_list runs = {0};
	_cleanup_(freep) uint64_t *incidence = NULL;
	_cleanup_(report_rows_release) struct report_rows rows = {0};
	_cleanup_(freep) int64_t *ids = calloc(sessions->count + 1, sizeof(*ids));
	int r;

	if (!ids)
		return error_oom(err);
	for (size_t i = 0; i < sessions->count; i++)
		ids[i] = sessions->items[i].id;
	r = coverage_counter_new(manifest, COVERAGE_BY_SESSION, ids, sessions->count, &counter, err);
	if (r == 0)
		r = report_rows_gather(manifest, options, counter, &rows, err);
	if (r == 0 && coverage_counter_end(counter, &runs, &incidence, &programs) < 0)
		r = error_oom(err);
	if (r == 0)
		r = report_sessions(data, manifest, sessions, &runs, incidence, err);
	if (r < 0)
		return r;
	if (add_about(data, options) < 0 || add_listed(data, options->listed) < 0 ||
	    json_set(data, "folded", json_boolean(rows.folds)) < 0 ||
	    add_totals(data, &rows, sessions) < 0 || add_programs(data, &programs) < 0 ||
	    add_missing(data, "missing", &rows, false) < 0 || add_missing(data, "missed", &rows, true) < 0 ||
	    add_next(data, &rows) < 0 || add_packages(data, options->packages) < 0 ||
	    json_set(data, "margins", options->margins ? json_incref(options->margins) : json_null()) < 0 ||
	    add_comparison(data, options) < 0 || add_reasons(data) < 0 ||
	    report_paths(data, &rows, &programs) < 0)
		return error_oom(err);
	return 0;
}
