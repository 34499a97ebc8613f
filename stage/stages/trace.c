// SPDX-License-Identifier: BSD-2-Clause
#include "stage/stages/trace.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "db/base/program.h"
#include "db/base/text.h"
#include "db/sql/statement.h"

enum { END_MS = 240000 };

/* --- its options --- */

static int write_options(const struct trace_options *options, struct text *text, struct error *err)
{
	tracefs_option(text, "manifest", options->manifest);
	tracefs_option(text, "label", options->label);
	tracefs_option(text, "scratch", options->scratch ? options->scratch : "tmpfs");
	if (options->more)
		text_printf(text, ",%s", options->more);
	return text_failed(text) ? error_oom(err) : 0;
}

/* --- the program --- */

int trace_begin(const struct trace_options *options, struct trace *ret_trace, struct error *err)
{
	_cleanup_(text_release) struct text list = TEXT_INIT;
	struct trace trace = TRACE_INIT;
	int r = write_options(options, &list, err);

	if (r == 0 && options->outside)
		r = tracefs_start_outside(list.bytes, options->source, options->mountpoint, &trace.program, err);
	else if (r == 0)
		r = tracefs_start(list.bytes, options->source, options->mountpoint, false, &trace.program, err);
	if (r < 0)
		return r;
	trace.mountpoint = options->mountpoint;
	*ret_trace = trace;
	return 0;
}

int trace_end(struct trace *trace, struct error *err)
{
	int status, r = 0;

	if (!trace->program.pid)
		return 0;
	if (umount2(trace->mountpoint, UMOUNT_NOFOLLOW) < 0)
		umount2(trace->mountpoint, MNT_DETACH | UMOUNT_NOFOLLOW);
	status = tracefs_wait(&trace->program, END_MS);
	if (status < 0)
		r = error_set(err, -ETIME, "tracing failed: tracefs did not end within %d s", END_MS / 1000);
	else if (status > 0)
		r = tracefs_reason(&trace->program, "tracing failed: ", err);
	tracefs_kill(&trace->program);
	trace->mountpoint = NULL;
	return r;
}

int trace_leave(const struct trace_options *options, struct error *err)
{
	_cleanup_(text_release) struct text list = TEXT_INIT, said = TEXT_INIT;
	int r = write_options(options, &list, err);

	if (r == 0)
		r = program_run((const char *const[]){"tracefs", "-o", list.bytes, options->source,
						      options->mountpoint, NULL},
				NULL, &said, err);
	return r > 0 ? tracefs_reason_in(&said, err) : r;
}

/* --- what was seen --- */

static const char count_sql[] =
	"WITH s AS (SELECT id, dropped FROM session ORDER BY id DESC LIMIT 1),"
	" f AS (SELECT DISTINCT a.entry FROM access a JOIN s ON a.session = s.id"
	"  JOIN entry e ON e.id = a.entry AND e.kind = 'file' WHERE a.errno = 0)"
	" SELECT (SELECT coalesce(sum(count), 0) FROM access WHERE session = s.id),"
	" (SELECT count(*) FROM f),"
	" (SELECT count(*) FROM f WHERE NOT EXISTS (SELECT 1 FROM access b WHERE b.entry = f.entry"
	"  AND b.session < s.id AND b.errno = 0)),"
	" (SELECT count(DISTINCT path) FROM missing), s.dropped FROM s";

int trace_count(const char *manifest, struct trace_counts *ret_counts, struct error *err)
{
	struct connection sql = {.noun = "manifest", .path = strdup(manifest)};
	sqlite3_stmt *row = NULL;
	int r = sql.path ? connection_open(&sql, manifest, "", SQLITE_OPEN_READONLY, err) : error_oom(err);

	if (r == 0)
		r = statement_first(&sql, count_sql, &row, err);
	if (r > 0)
		*ret_counts = (struct trace_counts){
			.accesses = column_count(row, 0),
			.files = column_count(row, 1),
			.files_new = column_count(row, 2),
			.missing = column_count(row, 3),
			.lost = column_count(row, 4),
		};
	statement_done(row);
	connection_release(&sql);
	if (r == 0)
		return error_set(err, -ENODATA, "'%s' holds no session", manifest);
	return r < 0 ? r : 0;
}

static void add_counts(const struct trace_counts *counts, struct text *text)
{
	text_add_count(text, counts->accesses);
	text_add(text, " accesses to ");
	text_add_count(text, counts->files);
	text_add(text, " files, ");
	text_add_count(text, counts->files_new);
	text_add(text, " of them new, ");
	text_add_count(text, counts->lost);
	text_add(text, " lost");
}

void trace_report(struct report *report, const struct trace_counts *counts)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;

	add_counts(counts, &text);
	report_step(report, "", text.bytes, -1);
	report_fact(report, "accesses", json_integer((json_int_t)counts->accesses));
	report_fact(report, "files", json_integer((json_int_t)counts->files));
	report_fact(report, "new", json_integer((json_int_t)counts->files_new));
	report_fact(report, "lost", json_integer((json_int_t)counts->lost));
}
