// SPDX-License-Identifier: BSD-2-Clause
/* tracepack report: one HTML file with everything a manifest knows. */
#include "pack/cmd/command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/log.h"
#include "db/base/path.h"
#include "pack/need/closure.h"
#include "pack/need/from_selection.h"
#include "pack/need/need.h"
#include "pack/need/selection.h"
#include "pack/report/report.h"
#include "pack/source/source.h"

struct arguments {
	const char *manifest;
	const char *source; /* or NULL: the one the last session names, when it is here */
	const char *output;
};

static const struct command_option command_options[] = {
	{'o', "output", "FILE", "where to write", OPTION_STRING(struct arguments, output)},
	{'s', "source", "DIR",
	 "the root the manifest speaks of; else what the last\n"
	 "session names, when it is here",
	 OPTION_STRING(struct arguments, source)},
	{0},
};

/* Where the files are: as asked, or where the last session says, if that is a directory here. */
static const char *source_of(const struct arguments *arguments, const struct selection *selection)
{
	const char *traced = selection->sessions.items[selection->sessions.count - 1].source;
	struct stat st;

	if (arguments->source)
		return arguments->source;
	return traced[0] == '/' && stat(traced, &st) == 0 && S_ISDIR(st.st_mode) ? traced : NULL;
}

static int closure_of(struct source *source, const struct selection *selection,
		      struct closure **ret_closure, struct error *err)
{
	/* a file that has changed since is worth a line in a build, not in a report */
	const struct closure_options options = {.allow_changed = true,
						.cancel = &command_cancelled};
	_cleanup_(closure_freep) struct closure *closure = NULL;
	int r;

	r = closure_new(source, &options, &closure, err);
	if (r < 0)
		return r;
	r = closure_add_selection(closure, selection, err);
	if (r < 0)
		return r;
	r = closure_compute(closure, err);
	if (r < 0)
		return r;
	*ret_closure = take(closure);
	return 0;
}

static int report(const struct arguments *arguments, struct error *err)
{
	/* a report is about what there is, also of a run that was cut short */
	const struct selection_filter all = {.allow_interrupted = true};
	_cleanup_(selection_release) struct selection selection = SELECTION_INIT;
	_cleanup_(manifest_closep) struct manifest *manifest = NULL;
	_cleanup_(io_output_release) struct io_output output = IO_OUTPUT_INIT;
	_cleanup_(closure_freep) struct closure *closure = NULL;
	_cleanup_(source_closep) struct source *source = NULL;
	struct report_options options = {.title = path_name(arguments->manifest),
					 .selection = &selection};
	const char *directory;
	int r;

	r = manifest_open(arguments->manifest, MANIFEST_READ, &manifest, err);
	if (r < 0)
		return r;
	r = selection_from_sessions(manifest, &all, &selection, err);
	if (r < 0)
		return r;
	directory = source_of(arguments, &selection);
	options.source = directory ? directory
				   : selection.sessions.items[selection.sessions.count - 1].source;
	if (directory) {
		r = source_open(directory, &source, err);
		if (r < 0)
			return r;
		r = closure_of(source, &selection, &closure, err);
		if (r < 0)
			return r;
	} else {
		log_note("report: '%s' is not here, so what the used files need in turn is not "
			 "shown; name the root with -s",
			 options.source);
	}
	options.closure = closure;
	r = io_output_open(&output, arguments->output, 0644, err);
	if (r < 0)
		return r;
	r = report_write(manifest, &options, output.fd, err);
	if (r < 0)
		return error_prefix(err, r, "%s", arguments->output);
	return io_publish(&output, err);
}

static int cmd_report(int argc, char **argv)
{
	struct arguments arguments = {0};
	struct error err = ERROR_INIT;
	int r, code;

	if (!command_parse(&command_report, argc, argv, &arguments, &code))
		return code;
	if (argc - optind != 1 || !arguments.output)
		return command_misused(&command_report, argc - optind != 1
								? "exactly one MANIFEST is needed"
								: "-o FILE is needed");
	arguments.manifest = argv[optind];
	command_catch_signals();
	r = report(&arguments, &err);
	if (r < 0) {
		log_error("report: %s", err.message);
		return EXIT_FAILED;
	}
	return EXIT_DONE;
}

const struct command command_report = {
	.name = "report",
	.summary = "one HTML page with everything a manifest knows",
	.operands = "MANIFEST -o FILE [-s SOURCE]",
	.about = "Write one self-contained HTML page with everything a manifest knows.",
	.options = command_options,
	.function = cmd_report,
};
