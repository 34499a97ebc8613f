// SPDX-License-Identifier: BSD-2-Clause
/* What holds the ports of sleeping instances, and what it calls: one wakes, one is laid down. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "stage/cmd/cmd.h"
#include "stage/cmd/prod.h"
#include "stage/instance/hold.h"
#include "stage/instance/start.h"
#include "stage/instance/stop.h"
#include "stage/state/event.h"

int cmd_prod_hold(const struct sfc_command *command, struct asked *asked)
{
	struct error err = ERROR_INIT;

	if (asked->operand_count != 1)
		return command_misused(command, "which state?");
	return command_answer(command, hold_run(asked->operands[0], &err), &err);
}

/* ---- one instance ---- */

struct one {
	struct state *state;
	struct claim claim;
	struct instance instance;
	char object[160];
};

static void one_release(struct one *one)
{
	claim_release(&one->claim);
	instance_release(&one->instance);
	state_close(one->state);
}

/* Claimed, and wanted up: a stop that was faster has the last word. */
static int find(const struct asked *asked, struct one *one, struct error *err)
{
	_cleanup_(freep) char *word = asked->operand_count == 2 ? strdup(asked->operands[1]) : NULL;
	const char *app, *name;
	int r;

	if (!word)
		return error_set(err, -EINVAL, "which state, and which instance?");
	r = state_open(asked->operands[0], &one->state, err);
	if (r == 0)
		r = instance_parse(word, &app, &name, err);
	if (r == 0 && !name)
		r = error_set(err, -EINVAL, "which instance?");
	if (r < 0)
		return r;
	instance_object(app, name, one->object, sizeof(one->object));
	r = claim_take(one->state, one->object, &one->claim, err);
	if (r == 0)
		r = instance_must_exist(one->state, app, name, &one->instance, err);
	if (r == 0 && !one->instance.wanted)
		r = error_set(err, -ECANCELED, "%s/%s was stopped", app, name);
	return r;
}

int cmd_prod_wake(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(starts_release) struct starts starts = STARTS_INIT;
	struct one one = {.claim = CLAIM_INIT, .instance = INSTANCE_INIT};
	struct start start = START_INIT;
	struct error err = ERROR_INIT;
	int r = find(asked, &one, &err);

	if (r == 0) {
		start.instance = one.instance;
		one.instance = (struct instance)INSTANCE_INIT;
		r = array_push(&starts, start) < 0 ? error_oom(&err) : 0;
	}
	if (r == 0)
		r = instance_start(one.state, &starts, &err);
	if (r == 0 && starts.items[0].code < 0)
		r = error_set(&err, starts.items[0].code, "%s", starts.items[0].err.message);
	one_release(&one);
	return r < 0 ? command_failed(command, &err) : EXIT_DONE;
}

int cmd_prod_rest(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(stops_release) struct stops stops = STOPS_INIT;
	struct one one = {.claim = CLAIM_INIT, .instance = INSTANCE_INIT};
	struct stop stop = {.instance = INSTANCE_INIT, .run = RUN_INIT, .err = ERROR_INIT};
	struct error err = ERROR_INIT;
	int r = find(asked, &one, &err);

	if (r == 0)
		r = run_newest(one.state, one.instance.app, one.instance.name, &stop.run, &err) < 0 ? -EIO : 0;
	if (r == 0)
		r = event_note(one.state, one.object, &err, "sleeps: no connection for %g s",
			       (double)one.instance.spec.idle_ms / 1000);
	if (r == 0) {
		stop.instance = one.instance;
		one.instance = (struct instance)INSTANCE_INIT;
		r = array_push(&stops, stop) < 0 ? error_oom(&err) : 0;
	}
	if (r == 0)
		r = instance_stop(one.state, &stops, INSTANCE_GRACE, &err);
	if (r == 0 && stops.items[0].code < 0)
		r = error_set(&err, stops.items[0].code, "%s", stops.items[0].err.message);
	one_release(&one);
	return r < 0 ? command_failed(command, &err) : EXIT_DONE;
}
