// SPDX-License-Identifier: BSD-2-Clause
#include "pack/cmd/complete.h"

#include <stdint.h>
#include <string.h>

#include "db/base/complete.h"

enum { OPTIONS_MAX = 64 };

/* Rows without a text of their own share that of the next one. */
static void collect(struct complete_option *options, size_t *count,
		    const struct command_option *rows)
{
	for (const struct command_option *row = rows; row->name || row->table; row++) {
		const struct command_option *told = row;

		if (row->table) {
			collect(options, count, row->table);
			continue;
		}
		while (!told->help && told[1].name)
			told++;
		if (*count < OPTIONS_MAX)
			options[(*count)++] = (struct complete_option){row->name, row->letter,
								       row->argument, told->help};
	}
}

static void complete_command(const struct command *command, char *const *words, size_t count)
{
	struct complete_option options[OPTIONS_MAX];
	struct complete_line line = {options, 0, "FILE", SIZE_MAX,
				     strstr(command->operands, "COMMAND") != NULL, NULL, NULL};

	collect(options, &line.count, command->options);
	complete_words(&line, words, count);
}

int complete(const struct command *const *commands, size_t count, int argc, char **argv)
{
	const char *first = argc > 1 ? argv[1] : "";

	for (size_t i = 0; i < count; i++) {
		if (argc <= 2)
			complete_offer(first, commands[i]->name, commands[i]->summary);
		else if (strcmp(commands[i]->name, first) == 0)
			complete_command(commands[i], argv + 2, (size_t)argc - 2);
	}
	if (argc <= 2 && *first == '-') {
		complete_offer(first, "--help", "which commands there are");
		complete_offer(first, "--version", "of which release this is");
	}
	return EXIT_DONE;
}
