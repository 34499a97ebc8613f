// SPDX-License-Identifier: BSD-2-Clause
/* sfc test report, mount, umount and rm: what is done about tests where none runs. */
#include <errno.h>
#include <stdio.h>

#include "db/base/cleanup.h"
#include "db/base/program.h"
#include "stage/cmd/cmd.h"
#include "stage/mount/user.h"
#include "stage/stages/test_mount.h"
#include "stage/stages/test_page.h"
#include "stage/stages/test_place.h"

#define WHICH "which name? 'sfc dev list' shows them"

int cmd_test_report(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(state_closep) struct state *state = NULL;
	_cleanup_(freep) char *manifest = NULL;
	struct error err = ERROR_INIT;
	int r;

	if (asked->operand_count != 1)
		return command_misused(command, WHICH);
	r = cmd_state_open(&state, &err);
	if (r == 0)
		r = test_manifest(state, asked->operands[0], &manifest, &err);
	if (r == 0 && asked->output)
		r = test_page(state, asked->operands[0], asked->output, asked->force, &err);
	else if (r == 0)
		r = program_run((const char *const[]){"tracepack", "stat", manifest,
						      asked->json ? "--json" : NULL, NULL},
				NULL, NULL, &err);
	return r > 0 ? EXIT_FAILED : command_answer(command, r, &err);
}

int cmd_test_mount(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(state_closep) struct state *state = NULL;
	_cleanup_(freep) char *path = NULL;
	struct error err = ERROR_INIT;
	int r;

	if (asked->operand_count != 1)
		return command_misused(command, WHICH);
	r = cmd_check_tracing(&asked->spec, &err);
	if (r == 0 && user_is_plain())
		r = error_set(&err, -EPERM, "what is to stand where others find it only root may mount; without root, "
					    "'sfc test start' keeps a service up under trace");
	if (r == 0)
		r = cmd_state_open(&state, &err);
	if (r == 0) {
		const struct test_mount_request request = {
			.state = state,
			.name = asked->operands[0],
			.label = asked->label,
			.trace = asked->trace,
		};

		r = test_mount(&request, &path, &err);
	}
	if (r == 0)
		puts(path);
	return command_answer(command, r, &err);
}

int cmd_test_umount(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(state_closep) struct state *state = NULL;
	struct error err = ERROR_INIT;
	int r;

	if (asked->operand_count != 1)
		return command_misused(command, WHICH);
	r = cmd_state_open(&state, &err);
	return command_answer(command, r < 0 ? r : test_umount(state, asked->operands[0], &err), &err);
}

int cmd_test_rm(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(state_closep) struct state *state = NULL;
	struct error err = ERROR_INIT;
	int r;

	if (!asked->operand_count)
		return command_misused(command, WHICH);
	r = cmd_state_open(&state, &err);
	for (size_t i = 0; r == 0 && i < asked->operand_count; i++)
		r = test_forget(state, asked->operands[i], &err);
	return command_answer(command, r, &err);
}
