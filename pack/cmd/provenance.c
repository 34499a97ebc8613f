// SPDX-License-Identifier: BSD-2-Clause
/* tracepack provenance: what a package was made of, and by what, as a statement others can sign and check. */
#include "pack/cmd/command.h"

#include <errno.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/log.h"
#include "db/base/path.h"
#include "pack/cmd/output.h"
#include "pack/package/bundle.h"
#include "pack/package/statement.h"

struct arguments {
	const char *path, *output, *builder;
	bool force;
};

static int make_document(const struct arguments *args, struct error *err)
{
	_cleanup_(bundle_closep) struct bundle *bundle = NULL;
	json_auto_t *json = NULL;
	int r = output_check(args->output, args->force, err);

	if (r == 0)
		r = bundle_open(args->path, &bundle, err);
	if (r == 0)
		r = statement_of(bundle, path_name(args->path), args->builder, &json, err);
	return r < 0 ? r : output_json(args->output, args->force, json, err);
}

static const struct command_option command_options[] = {
	{'o', "output", "FILE", "where to write (default: standard output)", OPTION_STRING(struct arguments, output)},
	OUTPUT_FORCE(struct arguments, force),
	{0, "builder", "URI", "the machine or service that built it, for who trusts builders by name\n"
	 "(default: the tool alone)",
	 OPTION_STRING(struct arguments, builder)},
	{'q', "quiet", NULL, "warnings and errors only", OPTION_WHOLE(option_quiet)},
	{0},
};

static int provenance_command(int argc, char **argv)
{
	struct arguments args = {0};
	struct error err = ERROR_INIT;
	int code;

	if (!command_parse(&command_provenance, argc, argv, &args, &code))
		return code;
	if (argc - optind != 1)
		return command_misused(&command_provenance, argc == optind ? "of which package?" : "of one package at a time");
	args.path = argv[optind];
	if (make_document(&args, &err) == 0)
		return EXIT_DONE;
	log_error("provenance: %s", err.message);
	return EXIT_FAILED;
}

const struct command command_provenance = {
	.name = "provenance",
	.summary = "what a package was made of, as an in-toto statement",
	.operands = "PACKAGE [-o FILE] [--builder URI]",
	.about = "An in-toto statement with SLSA provenance about PACKAGE, as it says itself: its source, the traced\n"
		 "sessions, the tool. Unsigned; 'sfc sign' signs the file.",
	.options = command_options,
	.function = provenance_command,
};
