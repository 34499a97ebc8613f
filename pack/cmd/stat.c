// SPDX-License-Identifier: BSD-2-Clause
/* tracepack stat: what each test costs, what was left out, and how sure we may be. */
#include "pack/cmd/command.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/columns.h"
#include "db/base/json.h"
#include "db/base/log.h"
#include "db/base/text.h"
#include "pack/cmd/margins.h"
#include "pack/package/bundle.h"
#include "pack/report/statistics.h"
#include "pack/report/statistics_json.h"

enum { DEPTH_MAX = 1000 };

struct arguments {
	const char *path;
	enum statistics_by by;
	unsigned int depth;
	const char *source;
	bool margins, json;
};

/* ---- tables ---- */

static const char *note_on(const struct statistics *statistics, size_t i)
{
	const struct coverage *run = &statistics->runs.items[i];
	const struct session *session = statistics_session(statistics, run);

	if (session && session->kind == SESSION_PROD)
		return "← missed in production";
	if (i == 0 || run->new_files || !run->operations)
		return "";
	return i + 1 == statistics->runs.count ? "← added nothing new: likely complete"
					       : "← added nothing new";
}

static void add_started(struct columns *columns, const struct session *session)
{
	time_t started = session ? session->started_ns / 1000000000 : 0;
	struct tm tm;
	char text[32] = "";

	if (localtime_r(&started, &tm))
		strftime(text, sizeof(text), "%F %T", &tm);
	columns_add(columns, text);
}

static void fill_runs(const struct statistics *statistics, bool by_session, struct columns *columns)
{
	columns->align = by_session ? "<<>>>>><" : "<>>>>><";
	columns_add(columns, by_session ? "session" : "label");
	if (by_session)
		columns_add(columns, "started");
	columns_add(columns, "files");
	columns_add(columns, "only here");
	columns_add(columns, "bytes");
	columns_add(columns, "only here");
	columns_add(columns, "in vain");
	columns_end(columns);
	for (size_t i = 0; i < statistics->runs.count; i++) {
		const struct coverage *run = &statistics->runs.items[i];

		columns_add(columns, run->label);
		if (by_session)
			add_started(columns, statistics_session(statistics, run));
		columns_count(columns, run->files);
		columns_count(columns, run->only_files);
		columns_size(columns, run->bytes);
		columns_size(columns, run->only_bytes);
		columns_count(columns, run->in_vain);
		if (*note_on(statistics, i))
			columns_add(columns, note_on(statistics, i));
		columns_end(columns);
	}
}

static void fill_programs(const struct statistics *statistics, struct columns *columns)
{
	columns->align = "<>>>>";
	columns_add(columns, "program");
	columns_add(columns, "files");
	columns_add(columns, "bytes");
	columns_add(columns, "in vain");
	columns_add(columns, "operations");
	columns_end(columns);
	for (size_t i = 0; i < statistics->programs.count; i++) {
		const struct program_total *program = &statistics->programs.items[i];

		columns_add(columns, *program->exe ? program->exe : "(unknown)");
		columns_count(columns, program->files);
		columns_size(columns, program->bytes);
		columns_count(columns, program->in_vain);
		columns_count(columns, program->operations);
		columns_end(columns);
	}
}

static void fill_directories(const struct statistics *statistics, struct columns *columns)
{
	columns->align = statistics->has_catalog ? "<>>>>" : "<>>";
	columns_add(columns, "directory");
	columns_add(columns, "files");
	columns_add(columns, "bytes");
	if (statistics->has_catalog) {
		columns_add(columns, "of files");
		columns_add(columns, "of bytes");
	}
	columns_end(columns);
	for (size_t i = 0; i < statistics->directories.count; i++) {
		const struct directory_total *directory = statistics->directories.items[i];

		columns_add(columns, directory->path);
		columns_count(columns, directory->files);
		columns_size(columns, directory->bytes);
		if (statistics->has_catalog) {
			columns_count(columns, directory->source_files);
			columns_size(columns, directory->source_bytes);
		}
		columns_end(columns);
	}
}

/* ---- what is below the table ---- */

static void add_amount(struct text *text, const char *what, uint64_t files, uint64_t bytes)
{
	text_printf(text, "%-14s", what);
	text_add_count(text, files);
	text_add(text, files == 1 ? " file, " : " files, ");
	text_add_size(text, bytes);
	text_add(text, "\n");
}

static void add_totals(const struct statistics *statistics, struct text *text)
{
	add_amount(text, "needed", statistics->all.files, statistics->all.bytes);
	if (statistics->has_catalog) {
		add_amount(text, "source", statistics->source_files, statistics->source_bytes);
		add_amount(text, "never needed", statistics->left_files, statistics->left_bytes);
	}
	text_printf(text, "%-14s", "in vain");
	text_add_count(text, statistics->all.in_vain);
	text_add(text, statistics->all.in_vain == 1 ? " path\n" : " paths\n");
}

static void add_confidence(const struct statistics *statistics, struct text *text)
{
	const struct estimate *estimate = &statistics->estimate;

	if (statistics->tests == 0) {
		text_add(text, "still unseen: no test run to judge by\n");
		return;
	}
	if (statistics->tests > 1) {
		text_add(text, "needed by one run alone: ");
		text_add_count(text, statistics->alone_files);
		text_add(text, " of ");
		text_add_count(text, estimate->seen);
		text_printf(text, " files, %.1f %% (leave-one-out miss rate)\n",
			    100 * statistics_miss_rate(statistics));
		text_printf(text, "of what one more run uses, seen already: %.1f %% (Good–Turing)\n",
			    100 * estimate->coverage);
	}
	estimate_sentence(estimate, text);
	text_add(text, "\n");
}

/* Sessions whose figures are too low. */
static void warn_of_losses(const struct statistics *statistics)
{
	for (size_t i = 0; i < statistics->sessions.count; i++) {
		const struct session *session = &statistics->sessions.items[i];
		const char *why = NULL;

		if (session->state == SESSION_OPEN)
			why = "is open";
		else if (session->dropped)
			why = "lost accesses";
		else if (session->state == SESSION_INTERRUPTED)
			why = "was interrupted and may lack its last second";
		if (why)
			log_warning("session \"%s\" %s: its figures may be too low", session->label,
				    why);
	}
}

static int print_text(const struct arguments *args, const struct statistics *statistics,
		      struct error *err)
{
	_cleanup_(columns_release) struct columns columns = {0};
	_cleanup_(text_release) struct text text = TEXT_INIT;
	int r;

	if (args->by == STATISTICS_PROGRAM)
		fill_programs(statistics, &columns);
	else if (args->by == STATISTICS_DIRECTORY)
		fill_directories(statistics, &columns);
	else
		fill_runs(statistics, args->by == STATISTICS_SESSION, &columns);
	r = columns_print(&columns, err);
	if (r < 0)
		return r;
	add_totals(statistics, &text);
	add_confidence(statistics, &text);
	if (text_failed(&text))
		return error_oom(err);
	if (fputs(text.bytes, stdout) < 0 || fflush(stdout) != 0)
		return error_errno(err, "cannot write to the standard output");
	return 0;
}

/* ---- what was asked ---- */

static int take_by(void *target, const char *value, struct error *err)
{
	(void)err;
	return statistics_by_of_name(value, target) ? 0 : -EINVAL;
}

static int take_depth(void *target, const char *value, struct error *err)
{
	char *end;
	unsigned long depth = strtoul(value, &end, 10);

	(void)err;
	if (*value < '1' || *value > '9' || *end || depth > DEPTH_MAX)
		return -EINVAL;
	*(unsigned int *)target = (unsigned int)depth;
	return 0;
}

static const struct command_option command_options[] = {
	{0, "by", "WHAT", "label (default), session, program or directory",
	 OPTION_CALL(take_by, struct arguments, by)},
	{0, "depth", "N", "parts of a directory's path that count [2]",
	 OPTION_CALL(take_depth, struct arguments, depth)},
	{0, "margins", NULL, "what each level of --margin would pack, and what a feature would miss",
	 OPTION_FLAG(struct arguments, margins)},
	{'s', "source", "DIR", "of --margins: the pristine root (default: where it was traced)",
	 OPTION_STRING(struct arguments, source)},
	{0, "json", NULL, "the figures as JSON", OPTION_FLAG(struct arguments, json)},
	{'q', "quiet", NULL, "warnings and errors only", OPTION_WHOLE(option_quiet)},
	{0},
};

static int run(const struct arguments *args, struct error *err)
{
	_cleanup_(statistics_release) struct statistics statistics = {0};
	_cleanup_(manifest_closep) struct manifest *manifest = NULL;
	int r;

	r = bundle_or_manifest(args->path, &manifest, NULL, err);
	if (r == 0)
		r = statistics_read(manifest, args->by, args->depth, &statistics, err);
	if (r < 0)
		return r;
	warn_of_losses(&statistics);
	return args->json ? json_print(statistics_json(&statistics, args->by), err)
			  : print_text(args, &statistics, err);
}

static int run_margins(const struct arguments *args, struct error *err)
{
	_cleanup_(margins_release) struct margins margins = {0};
	int r = margins_read(args->path, args->source, false, &margins, err);

	if (r < 0)
		return r;
	return args->json ? json_print(margins_json(&margins), err) : margins_print(&margins, err);
}

static int stat_command(int argc, char **argv)
{
	struct arguments args = {.depth = 2};
	struct error err = ERROR_INIT;
	int code;

	if (!command_parse(&command_stat, argc, argv, &args, &code))
		return code;
	if (argc - optind != 1)
		return command_misused(&command_stat, argc == optind ? "which MANIFEST?"
								     : "more than one MANIFEST");
	args.path = argv[optind];
	if (args.source && !args.margins)
		return command_misused(&command_stat, "--source is for --margins");
	if ((args.margins ? run_margins(&args, &err) : run(&args, &err)) < 0) {
		log_error("stat: %s", err.message);
		return EXIT_FAILED;
	}
	return EXIT_DONE;
}

const struct command command_stat = {
	.name = "stat",
	.summary = "what each test needed, what was left out, what is still unseen",
	.operands = "MANIFEST|PACKAGE [OPTION]…",
	.about = "What each test needed, and needed alone; what the source holds; what is still unseen.",
	.options = command_options,
	.function = stat_command,
};
