// SPDX-License-Identifier: BSD-2-Clause
/* sfc test: a command or a server on the traced root of a dev name. */
#include "stage/stages/learning.h"
#include "stage/stages/test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "db/base/log.h"
#include "stage/cmd/cmd.h"
#include "stage/container/terminal.h"
#include "stage/stages/compare.h"
#include "stage/stages/doubt.h"
#include "stage/stages/report.h"

/* Of a server the answer counts, of all else what it ended with. */
static int status_of(const struct trial *trial)
{
	if (trial->outcome == TRIAL_FAILED)
		return EXIT_FAILED;
	return trial->outcome == TRIAL_DONE && trial->served ? EXIT_DONE : trial->status;
}

static int tell(const struct asked *asked, const struct test *test, struct report *report,
		struct error *err)
{
	const struct trial *trial = test->trial;
	_cleanup_(text_release) struct text text = TEXT_INIT;

	text_printf(&text, "%s: %s", test->label, trial->said);
	report_step(report, "test", text.bytes, trial->seconds);
	if (test->counted)
		trace_report(report, &test->counts);
	if (test->counted && asked->learn)
		learning_report(report, trial);
	doubt_report_probes(report, trial);
	report_fact(report, "name", json_string(asked->operands[0]));
	report_fact(report, "label", json_path(test->label));
	report_fact(report, "said", json_path(trial->said));
	report_fact(report, "passed", json_boolean(status_of(trial) == 0));
	report_fact(report, "status", json_integer(trial->status));
	report_fact(report, "manifest", json_path(test->manifest));
	report_seconds(report, "test", trial->seconds);
	return text_failed(&text) ? error_oom(err) : report_finish(report, NULL, err);
}

static int answer(const struct sfc_command *command, const struct asked *asked,
		  const struct test *test, struct report *report)
{
	const struct trial *trial = test->trial;
	struct error err = ERROR_INIT;

	if (trial->outcome == TRIAL_BROKEN || trial->outcome == TRIAL_NOT_STARTED) {
		log_error("%s", trial->err.message);
		return trial->outcome == TRIAL_BROKEN ? EXIT_OURS : trial->status;
	}
	if (trial->outcome == TRIAL_FAILED) {
		compare_show_output(trial);
		log_error("%s", trial->said);
	}
	if (tell(asked, test, report, &err) < 0)
		return command_failed(command, &err);
	return status_of(trial);
}

/* As JSON what is printed is ours alone: what the command prints goes where errors go. */
static int give_way(const struct asked *asked, struct report *report, struct error *err)
{
	int copy, r = report_open(report, asked->quiet, asked->json, stderr, err);

	if (r < 0 || !asked->json)
		return r;
	copy = dup(STDOUT_FILENO);
	return copy < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0 ? error_errno(err, "cannot pass on its output")
								   : copy;
}

int cmd_test(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(report_release) struct report report = {.quiet = false};
	_cleanup_(state_closep) struct state *state = NULL;
	struct error err = ERROR_INIT;
	struct test test = {.request = NULL};
	struct terminal terminal;
	int output = 0, status = EXIT_OURS, r;

	if (asked->operand_count != 1)
		return command_misused(command, "no name given");
	r = cmd_check_tracing(&asked->spec, &err);
	if (r == 0 && asked->learn)
		r = learning_check(&asked->spec, &err);
	if (r == 0)
		r = cmd_hold_network(asked, &err);
	if (r == 0)
		r = cmd_state_open(&state, &err);
	if (r == 0)
		r = output = give_way(asked, &report, &err);
	terminal_remember(&terminal);
	if (r >= 0) {
		const struct test_request request = {
			.state = state,
			.name = asked->operands[0],
			.spec = &asked->spec,
			.label = asked->label,
			.trace = asked->trace,
			.learn = asked->learn,
			.terminal = terminal.is && !asked->json,
		};

		r = test_open(&request, &test, &err);
		if (r == 0)
			r = test_run(&test, &err);
	}
	terminal_restore(&terminal);
	if (output > 0 && dup2(output, STDOUT_FILENO) < 0)
		r = error_errno(&err, "cannot have our output back");
	if (r == 0)
		status = answer(command, asked, &test, &report);
	if (test.request)
		test_close(&test);
	return r < 0 ? command_answer(command, r, &err) : status;
}
