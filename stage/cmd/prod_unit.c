// SPDX-License-Identifier: BSD-2-Clause
/* sfc prod enable, disable, and what the units that they write call. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/log.h"
#include "db/base/process.h"
#include "stage/cmd/cmd.h"
#include "stage/cmd/prod.h"
#include "stage/container/cgroup.h"
#include "stage/instance/app.h"
#include "stage/instance/enable.h"
#include "stage/instance/enable_user.h"
#include "stage/instance/start.h"
#include "stage/instance/stop.h"
#include "stage/mount/user.h"

static int check_app(struct state *state, const struct asked *asked, struct error *err)
{
	if (asked->operand_count != 1)
		return error_set(err, -EINVAL, "which application? 'sfc prod list' shows them");
	return app_must_exist(state, asked->operands[0], NULL, err);
}

/* A user's manager knows him where he is himself. */
static int open_state(struct state **ret_state, struct error *err)
{
	return user_is_plain() ? cmd_state_look(ret_state, err) : cmd_state_open(ret_state, err);
}

static void say_enabled(const char *app)
{
	if (!user_is_plain())
		printf("%s starts at boot (sfc-%s.target)\n", app, app);
	else if (user_lingers())
		printf("%s starts at boot (sfc-%s.service, of yours)\n", app, app);
	else
		printf("%s starts when you log in (sfc-%s.service, of yours); at boot after 'loginctl enable-linger'\n",
		       app, app);
}

/* A unit starts what it is of. */
static int check_awake(struct state *state, const char *app, struct error *err)
{
	_cleanup_(looks_release) struct looks looks = LOOKS_INIT;
	int r = look_read(state, app, &looks, err);

	for (size_t i = 0; r == 0 && i < looks.count; i++)
		if (looks.items[i].instance.spec.on_demand)
			r = error_set(err, -ENOTSUP,
				      "%s/%s is started on demand, for which no unit is written; after a boot 'sfc prod start "
				      "%s' or 'sfc doctor --repair' waits for connections again", app,
				      looks.items[i].instance.name, app);
	return r;
}

int cmd_prod_enable(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(state_closep) struct state *state = NULL;
	struct error err = ERROR_INIT;
	int r = open_state(&state, &err);

	if (r == 0)
		r = check_app(state, asked, &err);
	if (r == 0)
		r = check_awake(state, asked->operands[0], &err);
	if (r == 0)
		r = user_is_plain() ? enable_user(state->dir, asked->operands[0], &err)
				    : enable_app(state, asked->operands[0], &err);
	if (r == 0)
		say_enabled(asked->operands[0]);
	return r == -EINVAL && asked->operand_count == 1 ? command_failed(command, &err)
							  : command_answer(command, r, &err);
}

int cmd_prod_disable(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(state_closep) struct state *state = NULL;
	struct error err = ERROR_INIT;
	int r = open_state(&state, &err);

	if (r == 0 && asked->operand_count != 1)
		r = error_set(&err, -EINVAL, "which application? 'sfc prod list' shows them");
	/* also of one that is gone */
	if (r == 0)
		r = state_check_name("an application", asked->operands[0], &err);
	if (r == 0)
		r = user_is_plain() ? disable_user(asked->operands[0], &err) : disable_app(asked->operands[0], &err);
	if (r == 0)
		printf("%s no longer starts at boot\n", asked->operands[0]);
	return command_answer(command, r, &err);
}

/* ---- called by a unit ---- */

struct one {
	struct state *state;
	struct targets targets;
	struct claims claims;
	struct instance instance;
	struct run run;
};

static void one_release(struct one *one)
{
	claims_release(&one->claims);
	targets_release(&one->targets);
	instance_release(&one->instance);
	run_release(&one->run);
	state_close(one->state);
}

/* As it is just now. */
static int look(struct one *one, struct error *err)
{
	const struct target *target = &one->targets.items[0];
	int r;

	instance_release(&one->instance);
	run_release(&one->run);
	r = instance_must_exist(one->state, target->app, target->name, &one->instance, err);
	if (r == 0)
		r = run_newest(one->state, target->app, target->name, &one->run, err);
	return r < 0 ? r : 0;
}

static int find(struct one *one, const struct asked *asked, bool claim, struct error *err)
{
	int r = cmd_state_open(&one->state, err);

	if (r == 0)
		r = targets_find(one->state, asked, &one->targets, err);
	if (r == 0 && (one->targets.count != 1 || !one->targets.items[0].named))
		r = error_set(err, -EINVAL, "one instance is wanted");
	if (r == 0 && claim)
		r = targets_claim(one->state, &one->targets, false, &one->claims, err);
	return r < 0 ? r : look(one, err);
}

/* Is it to be up? What was stopped is not started with the machine. */
int cmd_prod_wanted(const struct sfc_command *command, struct asked *asked)
{
	struct one one = {.targets = TARGETS_INIT, .claims = CLAIMS_INIT, .instance = INSTANCE_INIT, .run = RUN_INIT};
	struct error err = ERROR_INIT;
	int status = command_answer(command, find(&one, asked, false, &err), &err);

	if (status == EXIT_DONE && !one.instance.wanted)
		status = EXIT_FAILED;
	one_release(&one);
	return status;
}

/* Whatever is up by then is what the unit has. */
static int tell_systemd(struct one *one, struct error *err)
{
	char lines[160];
	int r;

	run_release(&one->run);
	r = run_newest(one->state, one->targets.items[0].app, one->targets.items[0].name, &one->run, err);
	if (r < 0)
		return r;
	if (one->run.state != RUN_UP)
		return 0;
	/* one that was started before there was a unit is elsewhere */
	cgroup_join((pid_t)one->run.note.conmon.pid);
	snprintf(lines, sizeof(lines), "MAINPID=%" PRId64 "\nSTATUS=process %" PRId64 "\nREADY=1",
		 one->run.note.conmon.pid, one->run.note.process.pid);
	enable_notify(lines);
	return 0;
}

/* It comes back with the next boot. */
static int stop(struct one *one, struct error *err)
{
	_cleanup_(stops_release) struct stops stops = STOPS_INIT;
	struct stop item = {.instance = one->instance, .run = one->run, .err = ERROR_INIT};
	int r;

	if (array_push(&stops, item) < 0)
		return error_oom(err);
	one->instance = (struct instance)INSTANCE_INIT;
	one->run = (struct run)RUN_INIT;
	r = instance_stop(one->state, &stops, INSTANCE_GRACE, err);
	return r == 0 && stops.items[0].code < 0 ? error_set(err, -EIO, "%s", stops.items[0].err.message) : r;
}

static int start(struct one *one, struct error *err)
{
	_cleanup_(starts_release) struct starts starts = STARTS_INIT;
	struct start item = START_INIT;
	int r;

	item.unit = true;
	item.instance = one->instance;
	if (array_push(&starts, item) < 0)
		return error_oom(err);
	one->instance = (struct instance)INSTANCE_INIT; /* it is the list's now */
	r = instance_start(one->state, &starts, err);
	if (r == 0 && starts.items[0].code < 0)
		r = error_set(err, -EIO, "%s", starts.items[0].err.message);
	return r < 0 ? r : tell_systemd(one, err);
}

/* What nobody watches cannot be a unit's: it begins again. */
static int mend(struct one *one, struct error *err)
{
	struct process self;
	int r;

	process_self(&self);
	if (instance_now(one->state, &one->instance, &one->run, &self) != NOW_UNWATCHED)
		return 0;
	r = stop(one, err);
	return r < 0 ? r : look(one, err);
}

int cmd_prod_unit_start(const struct sfc_command *command, struct asked *asked)
{
	struct one one = {.targets = TARGETS_INIT, .claims = CLAIMS_INIT, .instance = INSTANCE_INIT, .run = RUN_INIT};
	struct error err = ERROR_INIT;
	int r = find(&one, asked, true, &err);

	if (r == 0)
		r = mend(&one, &err);
	if (r == 0)
		r = start(&one, &err);
	r = command_answer(command, r, &err);
	one_release(&one);
	return r;
}

int cmd_prod_unit_stop(const struct sfc_command *command, struct asked *asked)
{
	struct one one = {.targets = TARGETS_INIT, .claims = CLAIMS_INIT, .instance = INSTANCE_INIT, .run = RUN_INIT};
	struct error err = ERROR_INIT;
	int r = find(&one, asked, true, &err);

	if (r == 0)
		r = stop(&one, &err);
	r = command_answer(command, r, &err);
	one_release(&one);
	return r;
}
