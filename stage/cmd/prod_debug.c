// SPDX-License-Identifier: BSD-2-Clause
/* sfc prod debug, sfc test debug: tools from another root beside what runs. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "stage/cmd/cmd.h"
#include "stage/cmd/prod.h"
#include "stage/layer/dev.h"
#include "stage/stages/debug.h"
#include "stage/stages/test_service.h"

/* --with, else the name of `sfc dev` that is called as what is looked into. */
static int find_tools(struct state *state, const struct asked *asked, const char *name, const char **ret_with,
		      struct error *err)
{
	int r = asked->with ? 1 : dev_find(state, name, NULL, err);

	*ret_with = asked->with ? asked->with : name;
	if (r == 0)
		return error_set(err, -ENOENT, "with which tools? --with ROOT, as 'sfc dev' has no '%s'", name);
	return r < 0 ? r : 0;
}

static int debug(struct state *state, struct asked *asked, const char *name, pid_t pid, int *ret_status,
		 struct error *err)
{
	struct debug_request request = {
		.state = state, .spec = &asked->spec, .subject = asked->operands[0], .pid = pid};
	int r = find_tools(state, asked, name, &request.with, err);

	asked->spec.terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	return r < 0 ? r : debug_run(&request, ret_status, err);
}

int cmd_prod_debug(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(state_closep) struct state *state = NULL;
	struct look look = {.instance = INSTANCE_INIT, .run = RUN_INIT};
	struct error err = ERROR_INIT;
	int status = EXIT_OURS, r;

	if (asked->operand_count != 1)
		return command_misused(command, "which instance? 'sfc prod list' shows them");
	r = cmd_state_open(&state, &err);
	if (r == 0)
		r = prod_find_up(state, asked->operands[0], &look, &err);
	if (r == 0)
		r = debug(state, asked, look.instance.app, (pid_t)look.run.note.process.pid, &status, &err);
	instance_release(&look.instance);
	run_release(&look.run);
	return r < 0 ? command_answer(command, r, &err) : status;
}

int cmd_test_debug(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(state_closep) struct state *state = NULL;
	struct error err = ERROR_INIT;
	int status = EXIT_OURS, r;
	pid_t pid = 0;

	if (asked->operand_count != 1)
		return command_misused(command, "which name?");
	r = cmd_state_open(&state, &err);
	if (r == 0)
		r = test_find_process(state, asked->operands[0], &pid, &err);
	if (r == 0)
		r = debug(state, asked, asked->operands[0], pid, &status, &err);
	return r < 0 ? command_answer(command, r, &err) : status;
}
