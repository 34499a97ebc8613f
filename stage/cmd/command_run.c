// SPDX-License-Identifier: BSD-2-Clause
/* From a row of the table and its words to what it exits with. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "stage/cmd/beside.h"
#include "stage/cmd/command.h"
#include "stage/cmd/help.h"

/* What was said and could not be written was not said; whoever had read enough of it is content. */
static int said_all(const struct sfc_command *command, int status)
{
	struct error err = ERROR_INIT;

	errno = 0;
	if (status != EXIT_DONE || (fflush(stdout) != EOF && !ferror(stdout)) || errno == EPIPE)
		return status;
	errno = errno ? errno : EIO;
	error_errno(&err, "cannot write to the standard output");
	return command_failed(command, &err);
}

static int run_parsed(const struct sfc_command *command, int argc, char **argv)
{
	const struct options_grammar grammar = {command->options, command->operands, command->command};
	_cleanup_(asked_release) struct asked asked = ASKED_INIT;
	struct error err = ERROR_INIT;
	int r = options_parse(&asked, &grammar, argc, argv, &err);

	if (r < 0)
		return command_answer(command, r, &err);
	if (asked.help)
		return help_command(command);
	command_speak_as(command->group, command->name, asked.quiet);
	/* whoever calls one of our own programs finds it, and what it starts does */
	r = beside_set_path(&err);
	return r < 0 ? command_failed(command, &err) : said_all(command, command->function(command, &asked));
}

static bool is_help(const char *word)
{
	return word && (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0);
}

int command_run(const struct sfc_command *command, int argc, char **argv)
{
	command_speak_as(command->group, command->name, false);
	if (command->function)
		return run_parsed(command, argc, argv);
	if (is_help(argv[1]))
		return help_command(command);
	if (command->raw)
		return said_all(command, command->raw(command, argc, argv));
	if (argv[1])
		return command_misused(command, "'%s' stands before its command", argv[1]);
	return command_misused(command, "no command given");
}
