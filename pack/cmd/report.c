// SPDX-License-Identifier: BSD-2-Clause
/* tracepack report: one HTML file with everything a manifest or a package knows. */
#include "pack/cmd/command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/log.h"
#include "db/base/path.h"
#include "pack/cmd/output.h"
#include "pack/cmd/report_subject.h"
#include "pack/report/difference.h"
#include "pack/report/report.h"

struct arguments {
	const char *subject;
	const char *source; /* or NULL: the one the last session names, when it is here */
	const char *compare;
	const char *name, *source_name; /* as they are shown; or NULL */
	const char *output;
	bool force;
};

static const struct command_option command_options[] = {
	{'o', "output", "FILE", "where to write", OPTION_STRING(struct arguments, output)},
	OUTPUT_FORCE(struct arguments, force),
	{'s', "source", "DIR",
	 "the root a manifest speaks of; else what the last\n"
	 "session names, when it is here",
	 OPTION_STRING(struct arguments, source)},
	{0, "compare", "OTHER", "also what changed since that package or manifest",
	 OPTION_STRING(struct arguments, compare)},
	{0, "name", "NAME", "what stands on top [the package's, or the manifest's]",
	 OPTION_STRING(struct arguments, name)},
	{0, "source-name", "NAME", "what to call the source [its path]",
	 OPTION_STRING(struct arguments, source_name)},
	{'q', "quiet", NULL, "warnings and errors only", OPTION_WHOLE(option_quiet)},
	{0},
};

/* What the one has that the other has not. */
struct comparison {
	struct inventory before, now;
	struct differences differences;
};

static void comparison_release(struct comparison *comparison)
{
	differences_release(&comparison->differences);
	inventory_release(&comparison->before);
	inventory_release(&comparison->now);
}

static int load_other(const struct arguments *arguments, struct comparison *comparison,
		   struct report_options *options, struct error *err)
{
	const struct difference_options contents = {.times = false};
	int r;

	if (!arguments->compare)
		return 0;
	r = inventory_load(arguments->compare, INVENTORY_NEEDED, &comparison->before, err);
	if (r == 0)
		r = inventory_load(arguments->subject, INVENTORY_NEEDED, &comparison->now, err);
	if (r == 0)
		r = differences_find(&comparison->before, &comparison->now, &contents, &comparison->differences,
				     err);
	options->differences = &comparison->differences;
	options->other = path_name(arguments->compare);
	return r;
}

static int write_report(const struct arguments *arguments, struct error *err)
{
	_cleanup_(report_subject_release) struct report_subject subject = REPORT_SUBJECT_INIT;
	_cleanup_(comparison_release) struct comparison comparison = {.before = INVENTORY_INIT,
								      .now = INVENTORY_INIT};
	_cleanup_(io_output_release) struct io_output output = IO_OUTPUT_INIT;
	int r = output_check(arguments->output, arguments->force, err);

	if (r == 0)
		r = report_subject_open(&subject, arguments->subject, arguments->source, err);
	if (r == 0)
		r = load_other(arguments, &comparison, &subject.options, err);
	if (r == 0)
		r = output_open(&output, arguments->output, arguments->force, err);
	if (r < 0)
		return r;
	if (arguments->name)
		subject.options.title = arguments->name;
	if (arguments->source_name)
		subject.options.source = arguments->source_name;
	r = report_write(subject.manifest, &subject.options, output.fd, err);
	if (r < 0)
		return error_prefix(err, r, "%s", arguments->output);
	return io_publish(&output, err);
}

static int report_command(int argc, char **argv)
{
	struct arguments arguments = {0};
	struct error err = ERROR_INIT;
	int r, code;

	if (!command_parse(&command_report, argc, argv, &arguments, &code))
		return code;
	if (argc - optind != 1 || !arguments.output)
		return command_misused(&command_report, argc - optind != 1
								? "exactly one PACKAGE or MANIFEST is needed"
								: "-o FILE is needed");
	arguments.subject = argv[optind];
	command_catch_signals();
	r = write_report(&arguments, &err);
	if (r < 0) {
		log_error("report: %s", err.message);
		return EXIT_FAILED;
	}
	return EXIT_DONE;
}

const struct command command_report = {
	.name = "report",
	.summary = "one HTML page with everything a manifest or package knows",
	.operands = "PACKAGE -o FILE [--compare OTHER]\n"
		    "       tracepack report MANIFEST -o FILE [-s SOURCE] [--compare OTHER]",
	.about = "Write one self-contained HTML page with everything a manifest or package knows.",
	.options = command_options,
	.function = report_command,
};
