// SPDX-License-Identifier: BSD-2-Clause
#include "stage/cmd/command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/log.h"
#include "db/base/suggest.h"
#include "db/base/text.h"

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

const struct sfc_command *command_find(const char *group, const char *name)
{
	for (const struct sfc_command *command = sfc_commands; command->name; command++)
		if (same(command->group, group) && strcmp(command->name, name) == 0)
			return command;
	return NULL;
}

bool command_is_group(const char *name)
{
	for (const struct sfc_command *command = sfc_commands; command->name; command++)
		if (same(command->group, name))
			return true;
	return false;
}

/* A group's head says what its group is for, and does nothing by itself. */
static bool is_head(const struct sfc_command *command)
{
	return !command->function && !command->raw;
}

const char *command_page(const struct sfc_command *command)
{
	static char page[64];

	/* what is asked about sfc itself is told where sfc is */
	if (command->hidden || (command->raw && !command->options))
		return "sfc";
	if (command->page)
		return command->page;
	snprintf(page, sizeof(page), "sfc-%s", command->group ? command->group : command->name);
	return page;
}

static int unknown(const char *group, const char *word)
{
	_cleanup_(text_release) struct text shown = TEXT_INIT;
	struct suggestion suggestion = SUGGESTION_INIT(word);

	text_add_escaped(&shown, word);
	for (const struct sfc_command *command = sfc_commands; command->name; command++)
		if (same(command->group, group) && !command->hidden)
			suggestion_offer(&suggestion, command->name);
	if (suggestion.best)
		log_error("unknown command '%s'; did you mean '%s'?", shown.bytes, suggestion.best);
	else
		log_error("unknown command '%s'; see 'sfc %s%s--help'", shown.bytes,
			  group ? group : "", group ? " " : "");
	return EXIT_USAGE;
}

void command_speak_as(const char *group, const char *name, bool quiet)
{
	static char prefix[64];

	snprintf(prefix, sizeof(prefix), "sfc: %s", group ? group : name);
	log_init(prefix, quiet ? LOG_QUIET : LOG_NORMAL);
}

const struct sfc_command *command_of(int argc, char **argv, int *ret_words)
{
	const struct sfc_command *head = command_find(NULL, argv[1]), *command = NULL;

	*ret_words = 1;
	if (!head) {
		unknown(NULL, argv[1]);
		return NULL;
	}
	if (!command_is_group(argv[1]) || argc < 3)
		return head;
	command = command_find(argv[1], argv[2]);
	if (command) {
		*ret_words = 2;
		return command;
	}
	if (is_head(head) && argv[2][0] != '-') {
		command_speak_as(head->name, NULL, false);
		unknown(head->name, argv[2]);
		return NULL;
	}
	return head;
}

bool command_takes(const struct sfc_command *command, const struct option_row *row, char *ret_letter)
{
	if (!row->name || !(row->commands & command->options))
		return false;
	if (ret_letter)
		*ret_letter = row->letter;
	return true;
}

int command_misused(const struct sfc_command *command, const char *format, ...)
{
	char message[1024];
	size_t length;
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	length = strlen(message);
	if (length && message[length - 1] == '?')
		log_error("%s", message);
	else
		log_error("%s; see 'sfc %s%s%s --help'", message, command->group ? command->group : "",
			  command->group ? " " : "", command->name);
	return command->passes_status ? EXIT_OURS : EXIT_USAGE;
}

int command_failed(const struct sfc_command *command, const struct error *err)
{
	log_error("%s", err->message);
	return command->passes_status ? EXIT_OURS : EXIT_FAILED;
}

int command_answer(const struct sfc_command *command, int r, const struct error *err)
{
	if (r == -EINVAL)
		return command_misused(command, "%s", err->message);
	return r < 0 ? command_failed(command, err) : EXIT_DONE;
}
