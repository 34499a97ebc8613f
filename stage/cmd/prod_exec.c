// SPDX-License-Identifier: BSD-2-Clause
/* sfc prod exec: a command in an instance that runs. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "stage/cmd/cmd.h"
#include "stage/cmd/prod.h"
#include "stage/container/exec.h"
#include "stage/layer/package.h"
#include "stage/mount/work.h"

static int find(struct state *state, const char *word, struct look *ret_look, struct error *err)
{
	_cleanup_(freep) char *copy = strdup(word);
	struct process self;
	const char *app, *name;
	int r = copy ? instance_parse(copy, &app, &name, err) : error_oom(err);

	if (r == 0 && !name)
		return error_set(err, -EINVAL, "in which instance? 'sfc prod list %s' shows them", app);
	if (r == 0)
		r = instance_must_exist(state, app, name, &ret_look->instance, err);
	if (r == 0)
		r = run_newest(state, app, name, &ret_look->run, err);
	if (r < 0)
		return r;
	process_self(&self);
	ret_look->now = instance_now(state, &ret_look->instance, &ret_look->run, &self);
	if (instance_is_up(ret_look->now) && ret_look->run.state == RUN_UP)
		return 0;
	return error_set(err, -ESRCH, "%s/%s is not running; 'sfc prod start %s/%s' starts it", app, name, app,
			 name);
}

/* From here on we are where conmon is. */
static int run(const struct look *look, const struct asked *asked, int *ret_status, struct error *err)
{
	const struct container_exec request = {
		.spec = &look->instance.spec,
		.name = look->run.note.name,
		.work = work_path("/container"),
		.where = (pid_t)look->run.note.conmon.pid,
		.args = &asked->spec.args,
		.terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO),
	};

	if (look->now == NOW_UNWATCHED)
		return error_set(err, -ESRCH, "who kept %s/%s up was killed; 'sfc prod restart %s/%s' mends it",
				 look->instance.app, look->instance.name, look->instance.app,
				 look->instance.name);
	signal(SIGPIPE, SIG_IGN);
	return container_exec(&request, ret_status, err);
}

int cmd_prod_exec(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(state_closep) struct state *state = NULL;
	struct look look = {.instance = INSTANCE_INIT, .run = RUN_INIT};
	struct error err = ERROR_INIT;
	int status = EXIT_OURS, r;

	if (asked->operand_count != 1)
		return command_misused(command, "in which instance? 'sfc prod list' shows them");
	if (!asked->spec.args.count)
		return command_misused(command, "which command?");
	r = cmd_state_open(&state, &err);
	if (r == 0)
		r = find(state, asked->operands[0], &look, &err);
	if (r == 0) {
		state_closep(&state);
		state = NULL;
		r = run(&look, asked, &status, &err);
		/* the runtime has said it, where the command's own errors go */
		if (r == -ENOENT || r == -EACCES) {
			status = r == -ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
			r = 0;
		}
	}
	instance_release(&look.instance);
	run_release(&look.run);
	return r < 0 ? command_answer(command, r, &err) : status;
}
