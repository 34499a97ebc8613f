// SPDX-License-Identifier: BSD-2-Clause
/* tracepack report: one HTML file with everything a manifest knows. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/log.h"
#include "db/base/path.h"
#include "pack/closure.h"
#include "pack/command.h"
#include "pack/report.h"
#include "pack/selection.h"
#include "pack/source.h"

const char report_usage[] =
	"MANIFEST -o FILE [-s SOURCE]\n"
	"Write one self-contained HTML page with everything a manifest knows.\n\n"
	"  -o, --output FILE   where to write\n"
	"  -s, --source DIR    the root the manifest speaks of; else what the last\n"
	"                      session names, when it is here\n"
	"  -h, --help          this help";

struct arguments {
	const char *manifest;
	const char *source; /* or NULL: the one the last session names, when it is here */
	const char *output;
};

static int arguments_parse(struct arguments *arguments, int argc, char **argv)
{
	static const struct option options[] = {
		{"help", no_argument, NULL, 'h'},
		{"output", required_argument, NULL, 'o'},
		{"source", required_argument, NULL, 's'},
		{NULL, 0, NULL, 0},
	};
	const struct command *command = command_find("report");
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "ho:s:", options, NULL)) >= 0) {
		switch (c) {
		case 'h':
			command_help(command);
			return 1;
		case 'o':
			arguments->output = optarg;
			break;
		case 's':
			arguments->source = optarg;
			break;
		default:
			command_misused(command, "unknown option or missing value: '%s'",
					argv[optind - 1]);
			return -EINVAL;
		}
	}
	if (argc - optind != 1 || !arguments->output) {
		command_misused(command, argc - optind != 1 ? "exactly one MANIFEST is needed"
							    : "-o FILE is needed");
		return -EINVAL;
	}
	arguments->manifest = argv[optind];
	return 0;
}

/* Where the files are: as asked, or where the last session says, if that is a directory here. */
static const char *source_of(const struct arguments *arguments, const struct selection *selection)
{
	const char *traced = selection->sessions.items[selection->sessions.count - 1].source;
	struct stat st;

	if (arguments->source)
		return arguments->source;
	return stat(traced, &st) == 0 && S_ISDIR(st.st_mode) ? traced : NULL;
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
		return r;
	return io_publish(&output, err);
}

int cmd_report(int argc, char **argv)
{
	struct arguments arguments = {0};
	struct error err = ERROR_INIT;
	int r;

	r = arguments_parse(&arguments, argc, argv);
	if (r)
		return r > 0 ? EXIT_DONE : EXIT_USAGE;
	command_catch_signals();
	r = report(&arguments, &err);
	if (r < 0) {
		log_error("report: %s", err.message);
		return EXIT_FAILED;
	}
	return EXIT_DONE;
}
