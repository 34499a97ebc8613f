// SPDX-License-Identifier: BSD-2-Clause
/* sfc dev: root file systems to work in. */
#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "stage/cancel.h"
#include "stage/cmd/access.h"
#include "stage/cmd/cmd.h"
#include "stage/mount/outside.h"
#include "stage/stages/dev.h"
#include "stage/stages/enter.h"
#include "stage/state/state.h"

/* ---- what all share ---- */


/* Exactly so many operands, or what is asked instead; 0 or an exit status. */
static int check_operands(const struct sfc_command *command, const struct asked *asked, size_t wanted,
			  const char *question)
{
	if (asked->operand_count == wanted)
		return 0;
	return command_misused(command, "%s", question);
}

#define WHICH "which name? 'sfc dev list' shows them"

/* ---- create, commit, reset, rm ---- */

int cmd_dev_create(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(state_closep) struct state *state = NULL;
	_cleanup_(freep) char *base = NULL;
	struct carrier_options access;
	const struct root_options options = {.max_size = asked->max_size, .access = &access};
	struct error err = ERROR_INIT;
	int r;

	if (asked->operand_count != 1)
		return command_misused(command, "a name for it?");
	if (!asked->from)
		return command_misused(command, "--from what?");
	outside_wanted();
	r = cmd_state_open(&state, &err);
	if (r == 0)
		r = access_read(asked, asked->from, NULL, &access, &err);
	if (r == 0) {
		/* what others fetch for us is to be told to end, too */
		access.cancel = root_is_image(asked->from, NULL) > 0 ? cancel_begin() : NULL;
		r = dev_create(state, asked->operands[0], asked->from, &options, &base, &err);
	}
	if (r < 0)
		return command_answer(command, r, &err);
	if (asked->json)
		return command_answer(command,
			      json_print(json_pack("{s:s, s:s, s:o}", "name", asked->operands[0], "base",
						   base, "from", json_path(asked->from)),
					 &err),
			      &err);
	if (asked->quiet)
		printf("%s\n", asked->operands[0]);
	else
		printf("%s from %s (base %s)\n", asked->operands[0], asked->from, base);
	return EXIT_DONE;
}

int cmd_dev_commit(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(state_closep) struct state *state = NULL;
	struct error err = ERROR_INIT;
	int r = check_operands(command, asked, 2, "commit takes a name and the name of the new base");

	if (r)
		return r;
	r = cmd_state_open(&state, &err);
	if (r == 0)
		r = dev_commit(state, asked->operands[0], asked->operands[1], &err);
	if (r < 0)
		return command_answer(command, r, &err);
	if (asked->json)
		return command_answer(command,
			      json_print(json_pack("{s:s, s:s}", "name", asked->operands[0], "base",
						   asked->operands[1]),
					 &err),
			      &err);
	if (asked->quiet)
		printf("%s\n", asked->operands[1]);
	else
		printf("%s committed as %s\n", asked->operands[0], asked->operands[1]);
	return EXIT_DONE;
}

int cmd_dev_reset(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(state_closep) struct state *state = NULL;
	struct error err = ERROR_INIT;
	int r = check_operands(command, asked, 1, WHICH);

	if (r)
		return r;
	r = cmd_state_open(&state, &err);
	return command_answer(command, r < 0 ? r : dev_reset(state, asked->operands[0], &err), &err);
}

int cmd_dev_rm(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(state_closep) struct state *state = NULL;
	struct error err = ERROR_INIT;
	int r;

	if (!asked->operand_count)
		return command_misused(command, "which name?");
	r = cmd_state_open(&state, &err);
	for (size_t i = 0; r == 0 && i < asked->operand_count; i++)
		r = dev_delete(state, asked->operands[i], &err);
	return command_answer(command, r, &err);
}

/* ---- exec, shell ---- */

static int enter(const struct sfc_command *command, const struct asked *asked, const char *what)
{
	_cleanup_(state_closep) struct state *state = NULL;
	struct error err = ERROR_INIT;
	int status = EXIT_OURS, r = cmd_state_open(&state, &err);

	if (r == 0)
		r = enter_run(state, asked->operands[0], &asked->spec, what, &status, &err);
	return r < 0 ? command_failed(command, &err) : status;
}

static bool at_a_terminal(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

int cmd_dev_exec(const struct sfc_command *command, struct asked *asked)
{
	if (asked->operand_count != 1)
		return command_misused(command, "%s", WHICH);
	if (!asked->spec.args.count)
		return command_misused(command, "no command given");
	asked->spec.terminal = at_a_terminal();
	return enter(command, asked, NULL);
}

int cmd_dev_shell(const struct sfc_command *command, struct asked *asked)
{
	static const char *const words[] = {
		"/bin/sh", "-c", "command -v bash >/dev/null && exec bash -l; exec sh -l"};

	if (asked->operand_count != 1)
		return command_misused(command, "shell takes one name");
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (spec_strings_add(&asked->spec.args, words[i]) < 0)
			return EXIT_OURS;
	asked->spec.terminal = at_a_terminal();
	return enter(command, asked, "shell");
}

/* ---- what is left over ---- */

static void say_line(const char *line)
{
	puts(line);
}

int cmd_dev_repair(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(state_closep) struct state *state = NULL;
	struct error err = ERROR_INIT;
	int r = cmd_state_open(&state, &err);

	(void)asked;
	return command_answer(command, r < 0 ? r : dev_repair(state, say_line, &err), &err);
}
