// SPDX-License-Identifier: BSD-2-Clause
/* sfc _complete WORD…: what the last word may become; for scripts/completions. */
#include "db/base/complete.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "stage/cmd/cmd.h"
#include "stage/cmd/beside.h"

enum { OPTIONS_MAX = 128 };

static void offer_commands(const char *group, const char *begun)
{
	for (const struct sfc_command *command = sfc_commands; command->name; command++)
		if (!command->hidden &&
		    (group ? command->group && strcmp(command->group, group) == 0
			   : !command->group))
			complete_offer(begun, command->name, command->summary);
}

/* The first word: a command, or what stands before one. */
static void offer_first(const char *begun)
{
	offer_commands(NULL, begun);
	if (*begun != '-')
		return;
	complete_offer(begun, "--state", "where the stages keep what they know");
	complete_offer(begun, "--help", "which commands there are");
	complete_offer(begun, "--version", "of which release this is");
}

static void complete_command(const struct sfc_command *command, char *const *words, size_t count)
{
	struct complete_option options[OPTIONS_MAX];
	struct complete_line line = {options, 0, command->usage, SIZE_MAX,
				     command->command != COMMAND_NONE};

	for (const struct option_row *row = option_rows; row->name || row->help; row++) {
		struct complete_option *option = &options[line.count];

		if (line.count == OPTIONS_MAX || !command_takes(command, row, &option->letter))
			continue;
		option->name = row->name;
		option->argument = row->argument;
		option->help = row->help;
		line.count++;
	}
	if (command->command == COMMAND_FREE)
		line.before = command->operands;
	complete_words(&line, words, count);
}

/* Its options are tracepack's, which knows them. */
static int complete_export(char *const *words, size_t count)
{
	_cleanup_(freep) char **argv = calloc(count + 3, sizeof(*argv));

	if (!argv || beside_set_path(NULL) < 0)
		return EXIT_FAILED;
	argv[0] = (char *)"tracepack";
	argv[1] = (char *)"_complete";
	memcpy(argv + 2, words, count * sizeof(*argv));
	execvp(argv[0], argv);
	return EXIT_FAILED;
}

int cmd_complete(const struct sfc_command *command, int argc, char **argv)
{
	size_t count = (size_t)argc - 1;
	char **words = argv + 1;
	const struct sfc_command *asked;

	(void)command;
	if (count > 2 && strcmp(words[0], "--state") == 0)
		words += 2, count -= 2;
	else if (count > 1 && strncmp(words[0], "--state=", 8) == 0)
		words++, count--;
	if (count < 2) {
		offer_first(count ? words[0] : "");
		return EXIT_DONE;
	}
	if (strcmp(words[0], "--state") == 0) {
		complete_value("DIR", "", words[1]);
		return EXIT_DONE;
	}
	if (strcmp(words[0], "export") == 0)
		return complete_export(words, count);
	if (strcmp(words[0], "help") == 0 && count == 2)
		offer_commands(NULL, words[1]);
	if (strcmp(words[0], "help") == 0 && count > 2 && command_is_group(words[1]))
		offer_commands(words[1], words[count - 1]);
	if (count == 2 && command_is_group(words[0]))
		offer_commands(words[0], words[1]);
	asked = count > 2 ? command_find(words[0], words[1]) : NULL;
	if (asked)
		complete_command(asked, words + 2, count - 2);
	else if ((asked = command_find(NULL, words[0])))
		complete_command(asked, words + 1, count - 1);
	return EXIT_DONE;
}
