// SPDX-License-Identifier: BSD-2-Clause
/* tracepack which: a command's file in a root. */
#include "pack/cmd/command.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/log.h"
#include "pack/source/source.h"
#include "pack/source/which.h"

/* As a shell's. */
enum { EXIT_NOT_EXECUTABLE = 126, EXIT_NOT_FOUND = 127 };

static int exit_code(int code)
{
	if (code == -ENOENT)
		return EXIT_NOT_FOUND;
	return code == -EACCES ? EXIT_NOT_EXECUTABLE : EXIT_FAILED;
}

static int say_verdict(struct source *source, const char *path, const char *command, int code,
		  const struct error *err)
{
	_cleanup_(freep) char *meant = NULL;

	if (code == -ENOENT)
		meant = which_suggest(source, path, command);
	if (meant)
		log_error("%s; did you mean '%s'?", err->message, meant);
	else
		log_error("%s", err->message);
	return exit_code(code);
}

struct arguments {
	const char *root, *path, *cwd;
	bool quiet;
};

static const struct command_option command_options[] = {
	{'s', "source", "ROOT", "the root directory", OPTION_STRING(struct arguments, root)},
	{0, "path", "PATH", "directories to look in, colon-separated",
	 OPTION_STRING(struct arguments, path)},
	{0, "cwd", "DIR", "where a relative COMMAND with a slash starts",
	 OPTION_STRING(struct arguments, cwd)},
	{'q', "quiet", NULL, "no word about what is not there", OPTION_FLAG(struct arguments, quiet)},
	{0},
};

static int which_command(int argc, char **argv)
{
	struct arguments args = {.path = WHICH_PATH_DEFAULT, .cwd = "/"};
	_cleanup_(source_closep) struct source *source = NULL;
	_cleanup_(freep) char *found = NULL;
	struct error err = ERROR_INIT;
	int r, code;

	if (!command_parse(&command_which, argc, argv, &args, &code))
		return code;
	if (!args.root || argc - optind != 1)
		return command_misused(&command_which, "a root (-s) and one command are needed");
	r = source_open(args.root, &source, &err);
	if (r < 0) {
		log_error("%s", err.message);
		return EXIT_FAILED;
	}
	r = which_find(source, args.path, args.cwd, argv[optind], &found, NULL, &err);
	if (r < 0 && args.quiet)
		return exit_code(r);
	if (r < 0)
		return say_verdict(source, args.path, argv[optind], r, &err);
	puts(found);
	return EXIT_DONE;
}

const struct command command_which = {
	.name = "which",
	.summary = "find a command in a root",
	.operands = "-s ROOT [--path PATH] [--cwd DIR] COMMAND",
	.about = "Print where COMMAND is in ROOT. Exits 127 when it is not there, 126 when it is not\n"
		 "executable.",
	.options = command_options,
	.options_first = true,
	.function = which_command,
};
