// SPDX-License-Identifier: BSD-2-Clause
#include "stage/cmd/help.h"

#include <stdio.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/text.h"

enum { HELP_COLUMN = 30 };

/* Columns from byte `start` to the end: bytes that continue a character take no room. */
static size_t width_from(const struct text *text, size_t start)
{
	size_t width = 0;

	for (size_t i = start; i < text->size; i++)
		width += (text->bytes[i] & 0xc0) != 0x80;
	return width;
}

/* Put lines of help beside what is in the last line of the text, which began at `start`. */
static void add_help(struct text *text, size_t start, const char *help)
{
	size_t width = width_from(text, start);

	if (width > HELP_COLUMN - 2) {
		text_add(text, "\n");
		width = 0;
	}
	for (const char *line = help; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		text_printf(text, "%*s%.*s\n", (int)(HELP_COLUMN - width), "",
			    (int)strcspn(line, "\n"), line);
		width = 0;
	}
}

static void add_option(struct text *text, const struct option_row *row, char letter)
{
	size_t start = text->size;

	if (letter)
		text_printf(text, "  -%c, ", letter);
	else
		text_add(text, "      ");
	text_printf(text, "--%s%s%s", row->name,
		    row->argument && strncmp(row->argument, "[=", 2) != 0 ? " " : "",
		    row->argument ? row->argument : "");
	add_help(text, start, row->help);
}

static void add_options(struct text *text, const struct sfc_command *command)
{
	const char *heading = NULL;
	char letter;

	for (const struct option_row *row = option_rows; row->name || row->help; row++) {
		if (!row->name)
			heading = row->help;
		if (!command_takes(command, row, &letter))
			continue;
		if (heading)
			text_printf(text, "\n%s\n", heading);
		heading = NULL;
		add_option(text, row, letter);
	}
}

static void add_commands(struct text *text, const char *group)
{
	for (const struct sfc_command *command = sfc_commands; command->name; command++)
		if (!command->hidden &&
		    (group ? command->group && strcmp(command->group, group) == 0
			   : !command->group))
			text_printf(text, "  %-10s %s\n", command->name, command->summary);
}

static int print(const struct text *text)
{
	if (text_failed(text) || fputs(text->bytes, stdout) == EOF || fflush(stdout) == EOF)
		return EXIT_FAILED;
	return EXIT_DONE;
}

int help_command(const struct sfc_command *command)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	const char *group = command->group ? command->group : "",
		   *blank = command->group ? " " : "";
	bool is_group = !command->group && command_is_group(command->name);

	text_printf(&text, "Usage: sfc %s%s%s%s%s\n%s\n", group, blank, command->name,
		    *command->usage ? " " : "", command->usage, command->summary);
	if (command->about)
		text_printf(&text, "\n%s\n", command->about);
	if (is_group) {
		text_add(&text, "\n");
		add_commands(&text, command->name);
	}
	if (command->options)
		add_options(&text, command);
	if (is_group)
		text_printf(&text, "\n'sfc %s COMMAND --help' explains one.", command->name);
	text_printf(&text, "%sSee %s(1).\n", is_group ? " " : "\n", command_page(command));
	return print(&text);
}

int help_all(void)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;

	text_add(&text, "Usage: sfc [--state DIR] COMMAND [ARGUMENT]…\n"
			"Trace which files a program uses, pack just those, run the result.\n\n");
	add_commands(&text, NULL);
	text_add(&text, "\n'sfc COMMAND --help' explains one. See sfc(1).\n");
	return print(&text);
}

int help_words(const struct sfc_command *command, int argc, char **argv)
{
	const struct sfc_command *asked;
	int words;

	if (argc < 2)
		return help_all();
	asked = command_of(argc, argv, &words);
	if (!asked)
		return EXIT_USAGE;
	if (argc > words + 1)
		return command_misused(command, "'%s' is one word too many", argv[words + 1]);
	return help_command(asked);
}
