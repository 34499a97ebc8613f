// SPDX-License-Identifier: BSD-2-Clause
/* sfc: the one command to remember; a table of contents. The commands are in cmd/commands.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/log.h"
#include "stage/cmd/command.h"
#include "stage/cmd/help.h"

/* --state DIR before the command: how many words that takes; -1: it was asked wrongly. */
static int take_state_first(char **argv)
{
	const char *directory = NULL;
	int words = 1;

	if (argv[1] && strcmp(argv[1], "--state") == 0) {
		directory = argv[2] ? argv[2] : "";
		words = 2;
	} else if (argv[1] && strncmp(argv[1], "--state=", 8) == 0) {
		directory = argv[1] + 8;
	}
	if (!directory)
		return 0;
	if (*directory && setenv("SFC_STATE", directory, 1) == 0)
		return words;
	log_error("--state wants a directory; see 'sfc --help'");
	return -1;
}

int main(int argc, char **argv)
{
	const struct sfc_command *command;
	int words;

	log_init("sfc", LOG_NORMAL);
	words = take_state_first(argv);
	if (words < 0)
		return EXIT_USAGE;
	argc -= words;
	argv += words;
	if (argc < 2) {
		log_error("no command given; see 'sfc --help'");
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return help_all();
	if (strcmp(argv[1], "--version") == 0)
		argv[1] += 2;
	command = command_of(argc, argv, &words);
	if (!command)
		return EXIT_USAGE;
	return command_run(command, argc - words, argv + words);
}
