// SPDX-License-Identifier: BSD-2-Clause
/* sfc test start, stop and exec: a service that is traced as long as it is wanted. */
#include "stage/stages/test_service.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "stage/cmd/cmd.h"
#include "stage/stages/report.h"

static int tell_up(const struct asked *asked, struct error *err)
{
	const char *name = asked->operands[0];

	if (asked->json)
		return json_print(json_pack("{s:s, s:b}", "name", name, "up", 1), err);
	if (asked->quiet)
		printf("%s\n", name);
	else
		printf("%s is up; 'sfc test stop %s' ends its session\n", name, name);
	return fflush(stdout) < 0 ? error_errno(err, "cannot write the output") : 0;
}

int cmd_test_start(const struct sfc_command *command, struct asked *asked)
{
	struct error err = ERROR_INIT;
	int r;

	if (asked->operand_count != 1)
		return command_misused(command, "no name given");
	r = cmd_check_tracing(&asked->spec, &err);
	if (r == 0)
		r = cmd_enter(&err);
	if (r == 0)
		r = cmd_hold_network(asked, &err);
	if (r == 0) {
		const struct test_request request = {
			.name = asked->operands[0],
			.spec = &asked->spec,
			.label = asked->label,
			.trace = asked->trace,
		};

		r = test_start(&request, &err);
	}
	return command_answer(command, r < 0 ? r : tell_up(asked, &err), &err);
}

static int tell_stopped(const struct asked *asked, const struct test_stopped *stopped, struct error *err)
{
	_cleanup_(report_release) struct report report = {.quiet = false};
	_cleanup_(text_release) struct text text = TEXT_INIT;
	int r = report_open(&report, asked->quiet, asked->json, stdout, err);

	if (r < 0)
		return r;
	text_printf(&text, "%s: %s", stopped->label, stopped->said);
	report_step(&report, "test", text.bytes, stopped->seconds);
	trace_report(&report, &stopped->counts);
	report_fact(&report, "name", json_string(asked->operands[0]));
	report_fact(&report, "label", json_path(stopped->label));
	report_fact(&report, "said", json_path(stopped->said));
	report_fact(&report, "manifest", json_path(stopped->manifest));
	report_seconds(&report, "test", stopped->seconds);
	return text_failed(&text) ? error_oom(err) : report_finish(&report, asked->operands[0], err);
}

int cmd_test_stop(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(test_stopped_release) struct test_stopped stopped = {.label = NULL};
	_cleanup_(state_closep) struct state *state = NULL;
	struct error err = ERROR_INIT;
	int r;

	if (asked->operand_count != 1)
		return command_misused(command, "which name?");
	r = cmd_state_open(&state, &err);
	if (r == 0)
		r = test_stop(state, asked->operands[0], &stopped, &err);
	return command_answer(command, r < 0 ? r : tell_stopped(asked, &stopped, &err), &err);
}

int cmd_test_exec(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(state_closep) struct state *state = NULL;
	struct error err = ERROR_INIT;
	int status = EXIT_OURS, r;

	if (asked->operand_count != 1)
		return command_misused(command, "which name?");
	if (!asked->spec.args.count)
		return command_misused(command, "no command given");
	asked->spec.terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	r = cmd_state_open(&state, &err);
	if (r == 0)
		r = test_exec(state, asked->operands[0], &asked->spec, &status, &err);
	if (r == 0)
		return status;
	/* of these two the runtime has said it already, where the command's errors go */
	if (r == -ENOENT || r == -EACCES)
		return r == -ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
	return command_failed(command, &err);
}
