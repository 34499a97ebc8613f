// SPDX-License-Identifier: BSD-2-Clause
/* tracepack which: a command's file in a root. */
#include "pack/command.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>

#include "db/base/cleanup.h"
#include "db/base/log.h"
#include "pack/source.h"
#include "pack/which.h"

/* As a shell's. */
enum { EXIT_NOT_EXECUTABLE = 126, EXIT_NOT_FOUND = 127 };

static int report(struct source *source, const char *path, const char *command, int code,
		  const struct error *err)
{
	_cleanup_(freep) char *meant = NULL;

	if (code == -ENOENT)
		meant = which_suggest(source, path, command);
	if (meant)
		log_error("%s; did you mean '%s'?", err->message, meant);
	else
		log_error("%s", err->message);
	if (code == -ENOENT)
		return EXIT_NOT_FOUND;
	return code == -EACCES ? EXIT_NOT_EXECUTABLE : EXIT_FAILED;
}

const char which_usage[] =
	"-s ROOT [--path PATH] [--cwd DIR] COMMAND\n"
	"Print where COMMAND is in ROOT. Exits 127 when it is not there, 126 when it is not\n"
	"executable.\n\n"
	"  -s, --source ROOT       the root directory\n"
	"      --path PATH         directories to look in, colon-separated\n"
	"      --cwd DIR           where a relative COMMAND with a slash starts\n"
	"  -h, --help";

int cmd_which(int argc, char **argv)
{
	static const struct option options[] = {
		{"source", required_argument, NULL, 's'}, {"path", required_argument, NULL, 'p'},
		{"cwd", required_argument, NULL, 'c'},	  {"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	const struct command *command = command_find("which");
	const char *root = NULL, *path = WHICH_PATH_DEFAULT, *cwd = "/";
	_cleanup_(source_closep) struct source *source = NULL;
	_cleanup_(freep) char *found = NULL;
	struct error err = ERROR_INIT;
	int option, r;

	while ((option = getopt_long(argc, argv, "+s:h", options, NULL)) != -1) {
		switch (option) {
		case 's':
			root = optarg;
			break;
		case 'p':
			path = optarg;
			break;
		case 'c':
			cwd = optarg;
			break;
		case 'h':
			return command_help(command);
		default:
			return command_misused(command, "unknown or incomplete option '%s'",
					       argv[optind - 1]);
		}
	}
	if (!root || argc - optind != 1)
		return command_misused(command, "a root (-s) and one command are needed");
	r = source_open(root, &source, &err);
	if (r < 0) {
		log_error("%s", err.message);
		return EXIT_FAILED;
	}
	r = which_find(source, path, cwd, argv[optind], &found, NULL, &err);
	if (r < 0)
		return report(source, path, argv[optind], r, &err);
	puts(found);
	return EXIT_DONE;
}
