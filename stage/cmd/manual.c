// SPDX-License-Identifier: BSD-2-Clause
/*
 * sfc _manual PAGE <TEMPLATE >PAGE.1: the parts of a man page that the tables know, in the place of
 * the lines @HEAD@ (title, NAME, SYNOPSIS), @OPTIONS@ (of the command itself) and @COMMANDS@ (of
 * its group). The build runs it, so that no page says another thing than --help.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "stage/cmd/cmd.h"

/* Text as roff reads it back. */
static void put_text(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		bool starts = i == 0 || text[i - 1] == '\n';

		if (starts && (text[i] == '.' || text[i] == '\''))
			fputs("\\&", stdout);
		if (text[i] == '\\')
			fputs("\\e", stdout);
		else if (text[i] == '-')
			fputs("\\-", stdout);
		else if (strncmp(text + i, "…", strlen("…")) == 0)
			fputs("...", stdout), i += strlen("…") - 1;
		else
			putchar(text[i]);
	}
}

static void put(const char *text)
{
	put_text(text, strlen(text));
}

/* 'I' for what is to be replaced, 'B' for what is typed, 0 for what only shows how they go
 * together. */
static char font_of(const char *text)
{
	if (isupper((unsigned char)*text) || (*text == '_' && isupper((unsigned char)text[1])))
		return 'I';
	return islower((unsigned char)*text) || *text == '-' ? 'B' : 0;
}

/* "-p [ADDR:]PORT" with its fonts. */
static void put_form(const char *form)
{
	while (*form) {
		char font = font_of(form);
		size_t length = 1;

		while (font && form[length] && font_of(form + length) == font)
			length++;
		while (!font && form[length] && !font_of(form + length))
			length++;
		if (font)
			printf("\\f%c", font);
		put_text(form, length);
		if (font)
			fputs("\\fR", stdout);
		form += length;
	}
}

static void put_usage(const struct sfc_command *command)
{
	fputs("\\fBsfc ", stdout);
	if (command->group)
		printf("%s ", command->group);
	printf("%s\\fR ", command->name);
	put_form(command->usage);
	putchar('\n');
}

static bool is_on_page(const struct sfc_command *command, const char *page)
{
	return !command->hidden && strcmp(command_page(command), page) == 0;
}

/* The command or group that the page is named for; NULL: sfc(1). */
static const struct sfc_command *subject_of(const char *page)
{
	return strncmp(page, "sfc-", 4) == 0 ? command_find(NULL, page + 4) : NULL;
}

static void put_head(const char *page)
{
	const struct sfc_command *subject = subject_of(page);
	bool first = true;

	printf(".TH ");
	for (const char *p = page; *p; p++)
		putchar(toupper((unsigned char)*p));
	printf(" 1 \"\" \"sfc\\-tools %s\" \"User Commands\"\n.SH NAME\n", PACKAGE_VERSION);
	put(page);
	printf(" \\- ");
	put(subject ? subject->summary
		    : "trace which files a program uses, pack just those, run the result");
	printf("\n.SH SYNOPSIS\n");
	if (!subject) {
		puts("\\fBsfc\\fR [\\fB\\-\\-state\\fR \\fIDIR\\fR] \\fICOMMAND\\fR "
		     "[\\fIARGUMENT\\fR]...");
		return;
	}
	for (const struct sfc_command *command = sfc_commands; command->name; command++) {
		if (!is_on_page(command, page) ||
		    (command_is_group(command->name) && !command->options && !command->group))
			continue;
		if (!first)
			puts(".br");
		first = false;
		put_usage(command);
	}
}

static bool put_option_rows(const struct sfc_command *command)
{
	bool any = false;
	char letter;

	for (const struct option_row *row = option_rows; row->name || row->help; row++) {
		if (!command_takes(command, row, &letter))
			continue;
		any = true;
		puts(".TP");
		if (letter)
			printf("\\fB\\-%c\\fR, ", letter);
		fputs("\\fB\\-\\-", stdout);
		put(row->name);
		fputs(row->argument && strncmp(row->argument, "[=", 2) != 0 ? "\\fR " : "\\fR", stdout);
		put_form(row->argument ? row->argument : "");
		putchar('\n');
		put(row->help);
		putchar('\n');
	}
	return any;
}

static void put_options(const struct sfc_command *command)
{
	puts(".SH OPTIONS");
	put_option_rows(command);
	puts(".TP\n\\fB\\-h\\fR, \\fB\\-\\-help\\fR\nExplain this command.");
}

/* They take the same: nobody reads it twice. */
static bool same_options(const struct sfc_command *a, const struct sfc_command *b)
{
	for (const struct option_row *row = option_rows; row->name || row->help; row++)
		if (command_takes(a, row, NULL) != command_takes(b, row, NULL))
			return false;
	return true;
}

static void put_subcommand(const struct sfc_command *command, const struct sfc_command *subject)
{
	fputs(".SS ", stdout);
	put_usage(command);
	printf("%c", toupper((unsigned char)command->summary[0]));
	put(command->summary + 1);
	puts(".");
	if (command->about) {
		put(command->about);
		putchar('\n');
	}
	if (subject->options && command->options && same_options(subject, command))
		printf("Its options are those of\n.BR \"sfc %s\" .\n", subject->name);
	else
		put_option_rows(command);
}

static void put_commands(const char *page)
{
	const struct sfc_command *subject = subject_of(page);

	puts(".SH COMMANDS");
	for (const struct sfc_command *command = sfc_commands; command->name; command++) {
		if (command->hidden)
			continue;
		if (subject && command->group && strcmp(command->group, subject->name) == 0)
			put_subcommand(command, subject);
		else if (!subject && !command->group) {
			printf(".TP\n.B %s\n", command->name);
			put(command->summary);
			printf("%s",
			       strcmp(command_page(command), "sfc") == 0 ? "\n" : ", see\n.BR ");
			if (strcmp(command_page(command), "sfc") != 0) {
				put(command_page(command));
				puts(" (1)");
			}
		}
	}
}

int cmd_manual(const struct sfc_command *command, int argc, char **argv)
{
	_cleanup_(freep) char *line = NULL;
	size_t room = 0;
	const struct sfc_command *subject;

	if (argc != 2)
		return command_misused(command, "which page?");
	subject = subject_of(argv[1]);
	while (getline(&line, &room, stdin) > 0) {
		if (strcmp(line, "@HEAD@\n") == 0)
			put_head(argv[1]);
		else if (strcmp(line, "@COMMANDS@\n") == 0)
			put_commands(argv[1]);
		else if (strcmp(line, "@OPTIONS@\n") == 0 && subject)
			put_options(subject);
		else
			fputs(line, stdout);
	}
	return fflush(stdout) == EOF || ferror(stdout) ? EXIT_FAILED : EXIT_DONE;
}
