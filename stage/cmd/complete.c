// SPDX-License-Identifier: BSD-2-Clause
/* sfc _complete WORD…: what the last word may become; for scripts/completions. */
#include "db/base/complete.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/sql/statement.h"
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

/* Which names a command means, by how it is used; NULL: none that the state knows. */
static const char *names_of(const struct sfc_command *command)
{
	bool test = command->group && strcmp(command->group, "test") == 0;

	if (test && (strcmp(command->name, "stop") == 0 || strcmp(command->name, "exec") == 0))
		return "SELECT name FROM test WHERE kind = 'service' ORDER BY 1";
	if (test && strcmp(command->name, "umount") == 0)
		return "SELECT name FROM test WHERE kind = 'mount' ORDER BY 1";
	if (strncmp(command->usage, "NAME", 4) == 0)
		return "SELECT name FROM dev WHERE state = 'ready' ORDER BY 1";
	if (strncmp(command->usage, "APP[/I]", 7) == 0 || strncmp(command->usage, "[APP[/I]]", 9) == 0)
		return "SELECT name FROM app UNION SELECT app || '/' || name FROM instance ORDER BY 1";
	if (strncmp(command->usage, "APP/I", 5) == 0)
		return "SELECT app || '/' || name FROM instance ORDER BY 1";
	return strncmp(command->usage, "APP", 3) == 0 ? "SELECT name FROM app ORDER BY 1" : NULL;
}

/* What is read is there already: nothing is made for who only pressed a key. */
static void offer_names(const char *begun, const void *data)
{
	const char *given = getenv("SFC_STATE");
	struct connection sql = {.noun = "state"};
	sqlite3_stmt *row = NULL;
	int r = -1;

	if (asprintf(&sql.path, "%s/state.db", given && *given ? given : "/var/lib/sfc") < 0)
		return;
	if (access(sql.path, R_OK) == 0 && connection_open(&sql, sql.path, "", SQLITE_OPEN_READONLY, NULL) == 0)
		r = statement_first(&sql, data, &row, NULL);
	for (; r > 0; r = statement_step(&sql, row, NULL))
		complete_offer(begun, column_text(row, 0), NULL);
	statement_done(row);
	connection_release(&sql);
}

static void complete_command(const struct sfc_command *command, char *const *words, size_t count)
{
	struct complete_option options[OPTIONS_MAX];
	struct complete_line line = {options, 0, command->usage, SIZE_MAX,
				     command->command != COMMAND_NONE, NULL, NULL};

	for (const struct option_row *row = option_rows; row->name || row->help; row++) {
		struct complete_option *option = &options[line.count];

		if (line.count == OPTIONS_MAX || !command_takes(command, row, &option->letter))
			continue;
		option->name = row->name;
		option->argument = row->argument;
		option->help = row->help;
		line.count++;
	}
	line.data = names_of(command);
	line.more = line.data ? offer_names : NULL;
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
	if (count > 2 && strcmp(words[0], "--state") == 0) {
		setenv("SFC_STATE", words[1], 1);
		words += 2, count -= 2;
	} else if (count > 1 && strncmp(words[0], "--state=", 8) == 0) {
		setenv("SFC_STATE", words[0] + 8, 1);
		words++, count--;
	}
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
