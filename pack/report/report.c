// SPDX-License-Identifier: BSD-2-Clause
#include "pack/report/report.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/text.h"
#include "db/coverage.h"
#include "pack/need/from_selection.h"
#include "pack/need/reason.h"
#include "pack/report/estimate.h"
#include "pack/report/page.h"
#include "pack/report/rows.h"

static const char mark[] = "@DATA@";

/* Paths are bytes, JSON is Unicode: what is not UTF-8 is shown escaped. */
static json_t *json_bytes(const char *bytes)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;

	if (text_add_escaped(&text, bytes) < 0)
		return NULL;
	return json_string(text.bytes);
}

/* ---- paths, as columns */

static const char kind_letters[] = {
	[ENTRY_MISSING] = 'f', [ENTRY_FILE] = 'f',  [ENTRY_DIR] = 'd',
	[ENTRY_LINK] = 'l',    [ENTRY_CHAR] = 'c',  [ENTRY_BLOCK] = 'b',
	[ENTRY_FIFO] = 'p',    [ENTRY_SOCKET] = 's', [ENTRY_UNKNOWN] = 'f',
};

static int program_index(const struct program_total_list *programs, const char *exe)
{
	for (size_t i = 0; exe && i < programs->count; i++)
		if (strcmp(programs->items[i].exe, exe) == 0)
			return (int)i;
	return -1;
}

enum column { PARENT, NAME, SIZE, OPENS, STATS, SEQ, MS, PROGRAM, WHY, FROM, COLUMNS };

static const char *const column_names[COLUMNS] = {
	"parent", "name", "size", "opens", "stats", "seq", "ms", "program", "why", "from",
};

static int add_row(json_t *const columns[COLUMNS], const struct report_row *row,
		   const struct program_total_list *programs)
{
	json_t *values[COLUMNS] = {
		[PARENT] = json_integer(row->parent),
		[NAME] = json_bytes(row->node->name),
		[SIZE] = json_integer((json_int_t)row->size),
		[OPENS] = json_integer((json_int_t)row->opens),
		[STATS] = json_integer((json_int_t)row->stats),
		[SEQ] = json_integer((json_int_t)row->rank),
		[MS] = json_integer(row->first_ms),
		[PROGRAM] = json_integer(program_index(programs, row->exe)),
		[WHY] = json_integer(row->why),
		[FROM] = json_integer(row->from),
	};
	int r = 0;

	for (size_t i = 0; i < COLUMNS; i++)
		if (json_array_append_new(columns[i], values[i]) < 0)
			r = -ENOMEM;
	return r;
}

static int add_paths(json_t *data, const struct report_rows *rows,
		     const struct program_total_list *programs)
{
	_cleanup_(text_release) struct text kinds = TEXT_INIT;
	_cleanup_(text_release) struct text states = TEXT_INIT;
	json_t *paths = json_object(), *columns[COLUMNS];
	int r = 0;

	for (size_t i = 0; i < COLUMNS; i++) {
		columns[i] = json_array();
		if (json_object_set_new(paths, column_names[i], columns[i]) < 0)
			r = -ENOMEM;
	}
	for (size_t i = 0; i < rows->rows.count && r == 0; i++) {
		const struct report_row *row = &rows->rows.items[i];

		r = add_row(columns, row, programs);
		text_add_char(&kinds, kind_letters[row->kind]);
		text_add_char(&states, (char)row->state);
	}
	if (json_object_set_new(paths, "kind", json_string(kinds.bytes)) < 0 ||
	    json_object_set_new(paths, "state", json_string(states.bytes)) < 0 ||
	    text_failed(&kinds) || text_failed(&states))
		r = -ENOMEM;
	if (json_object_set_new(data, "paths", paths) < 0)
		r = -ENOMEM;
	return r;
}

/* ---- the rest */

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
		kept_files++;
		kept_size += (json_int_t)row->size;
	}
	for (size_t i = 0; i < sessions->count; i++)
		dropped += (json_int_t)sessions->items[i].dropped;
	return json_object_set_new(data, "totals",
				   json_pack("{s:I, s:I, s:I, s:I, s:I}", "source_files", files,
					     "source_bytes", size, "kept_files", kept_files,
					     "kept_bytes", kept_size, "dropped", dropped));
}

static const struct session *session_by_id(const struct session_list *sessions, int64_t id)
{
	for (size_t i = 0; i < sessions->count; i++)
		if (sessions->items[i].id == id)
			return &sessions->items[i];
	return NULL;
}

static json_t *session_json(const struct coverage *coverage, const struct session *session)
{
	return json_pack("{s:o, s:s, s:s, s:o, s:I, s:I, s:I, s:I, s:I, s:I}", "label",
			 json_bytes(coverage->label), "uuid", session ? session->uuid : "",
			 "state", session ? session_state_name(session->state) : "", "command",
			 session && session->command ? json_bytes(session->command) : json_null(),
			 "files", (json_int_t)coverage->files, "bytes", (json_int_t)coverage->bytes,
			 "only_files", (json_int_t)coverage->only_files, "only_bytes",
			 (json_int_t)coverage->only_bytes, "in_vain",
			 (json_int_t)coverage->in_vain, "dropped",
			 (json_int_t)(session ? session->dropped : 0));
}

static int add_sessions(json_t *data, struct manifest *manifest,
			const struct session_list *sessions, const int64_t *ids, struct error *err)
{
	_cleanup_(coverage_list_release) struct coverage_list list = {0};
	json_t *array = json_array();
	int r;

	if (json_object_set_new(data, "sessions", array) < 0)
		return error_oom(err);
	r = coverage_read(manifest, COVERAGE_BY_SESSION, ids, sessions->count, &list, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < list.count; i++) {
		const struct session *session = session_by_id(sessions, list.items[i].session);

		if (json_array_append_new(array, session_json(&list.items[i], session)) < 0)
			return error_oom(err);
	}
	return 0;
}

static int add_confidence(json_t *data, struct manifest *manifest,
			  const struct session_list *sessions, const int64_t *ids,
			  struct error *err)
{
	_cleanup_(text_release) struct text sentence = TEXT_INIT;
	_cleanup_(freep) uint64_t *counts = NULL;
	struct estimate estimate;
	json_t *confidence;
	size_t runs;
	int r;

	r = coverage_incidence(manifest, COVERAGE_BY_SESSION, ids, sessions->count, &counts, &runs,
			       err);
	if (r < 0)
		return r;
	estimate_compute(counts, runs, &estimate);
	estimate_sentence(&estimate, &sentence);
	confidence = runs < 2 ? json_null()
			      : json_pack("{s:I, s:I, s:f, s:s}", "low",
					  (json_int_t)estimate.unseen_low, "high",
					  (json_int_t)(estimate.unseen_high + 0.999), "coverage",
					  estimate.coverage, "sentence", sentence.bytes);
	return json_object_set_new(data, "confidence", confidence) < 0 ? error_oom(err) : 0;
}

static int add_programs(json_t *data, const struct program_total_list *programs)
{
	json_t *array = json_array();

	for (size_t i = 0; i < programs->count; i++) {
		const struct program_total *p = &programs->items[i];

		if (json_array_append_new(array, json_pack("{s:o, s:I, s:I}", "exe",
							   json_bytes(p->exe), "files",
							   (json_int_t)p->files, "accesses",
							   (json_int_t)p->operations)) < 0)
			return -ENOMEM;
	}
	return json_object_set_new(data, "programs", array) < 0 ? -ENOMEM : 0;
}

static int add_missing(json_t *data, const struct report_rows *rows)
{
	json_t *array = json_array();

	for (size_t i = 0; i < rows->missing.count; i++) {
		const struct report_missing *m = &rows->missing.items[i];
		const char *name = strerrorname_np(m->error);

		if (json_array_append_new(array, json_pack("[o, s, s, I, o]", json_bytes(m->path),
							   access_op_name(m->op),
							   name ? name : "?", (json_int_t)m->count,
							   json_bytes(m->exe))) < 0)
			return -ENOMEM;
	}
	return json_object_set_new(data, "missing", array) < 0 ? -ENOMEM : 0;
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

/* What a program that lists directories would miss. */
static int add_listed(json_t *data, const struct closure *closure, struct error *err)
{
	struct closure_listed listed = {0};
	int r = closure ? closure_count_listed(closure, &listed, err) : 0;

	if (r < 0)
		return r;
	return json_object_set_new(data, "listed",
				   json_pack("{s:I, s:I}", "directories",
					     (json_int_t)listed.directories, "left_out",
					     (json_int_t)listed.left_out)) < 0
		       ? error_oom(err)
		       : 0;
}

static int report_data(struct manifest *manifest, const struct report_options *options,
		       json_t *data, struct error *err)
{
	const struct session_list *sessions = &options->selection->sessions;
	_cleanup_(program_total_list_release) struct program_total_list programs = {0};
	_cleanup_(report_rows_release) struct report_rows rows = {0};
	_cleanup_(freep) int64_t *ids = calloc(sessions->count + 1, sizeof(*ids));
	int r;

	if (!ids)
		return error_oom(err);
	for (size_t i = 0; i < sessions->count; i++)
		ids[i] = sessions->items[i].id;
	r = report_rows_gather(manifest, options, &rows, err);
	if (r < 0)
		return r;
	r = program_totals_read(manifest, ids, sessions->count, &programs, err);
	if (r < 0)
		return r;
	r = add_sessions(data, manifest, sessions, ids, err);
	if (r < 0)
		return r;
	r = add_confidence(data, manifest, sessions, ids, err);
	if (r == 0)
		r = add_listed(data, options->closure, err);
	if (r < 0)
		return r;
	if (json_object_set_new(data, "title", json_bytes(options->title)) < 0 ||
	    json_object_set_new(data, "source", json_bytes(options->source)) < 0 ||
	    json_object_set_new(data, "closure", json_boolean(options->closure != NULL)) < 0 ||
	    json_object_set_new(data, "tool", json_string("tracepack " PACKAGE_VERSION)) < 0 ||
	    add_totals(data, &rows, sessions) < 0 || add_programs(data, &programs) < 0 ||
	    add_missing(data, &rows) < 0 || add_reasons(data) < 0 ||
	    add_paths(data, &rows, &programs) < 0)
		return error_oom(err);
	return 0;
}

/* ---- the page */

struct sink {
	int fd;
	int failed; /* the first error, a negative errno */
	struct text buffer;
};

static int sink_flush(struct sink *sink)
{
	if (!sink->failed)
		sink->failed = io_write(sink->fd, sink->buffer.bytes, sink->buffer.size);
	text_clear(&sink->buffer);
	return sink->failed;
}

/* '<' may not stand in a script element: "</script>" would end it, "<!--" would hide its end. */
static int sink_json(const char *bytes, size_t size, void *data)
{
	struct sink *sink = data;

	for (size_t i = 0; i < size; i++)
		if (bytes[i] == '<')
			text_add(&sink->buffer, "\\u003c");
		else
			text_add_char(&sink->buffer, bytes[i]);
	if (text_failed(&sink->buffer))
		sink->failed = -ENOMEM;
	if (sink->buffer.size > 1 << 16)
		sink_flush(sink);
	return sink->failed ? -1 : 0;
}

int report_write(struct manifest *manifest, const struct report_options *options, int fd,
		 struct error *err)
{
	_cleanup_(json_decrefp) json_t *data = json_object();
	struct sink sink = {.fd = fd, .buffer = TEXT_INIT};
	const char *at = strstr(report_page, mark);
	int r;

	if (!data)
		return error_oom(err);
	r = report_data(manifest, options, data, err);
	if (r < 0)
		return r;
	text_add_bytes(&sink.buffer, report_page, (size_t)(at - report_page));
	if (json_dump_callback(data, sink_json, &sink, JSON_COMPACT) < 0 && !sink.failed)
		sink.failed = -ENOMEM;
	text_add(&sink.buffer, at + strlen(mark));
	r = sink_flush(&sink);
	text_release(&sink.buffer);
	return r < 0 ? error_code(err, r, "cannot write the report") : 0;
}
