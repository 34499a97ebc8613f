// SPDX-License-Identifier: BSD-2-Clause
/* sfc prod stop, restart, rm. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/log.h"
#include "stage/cmd/cmd.h"
#include "stage/cmd/prod.h"
#include "stage/instance/app.h"
#include "stage/instance/demand.h"
#include "stage/instance/start.h"
#include "stage/instance/stop.h"
#include "stage/layer/directory.h"

struct stopper {
	struct state *state; /* from find_all() to finish() */
	const struct asked *asked;
	struct targets targets;
	struct claims claims;
	struct stops stops;
	bool failed;
};

static void stopper_release(struct stopper *stopper)
{
	stops_release(&stopper->stops);
	claims_release(&stopper->claims);
	targets_release(&stopper->targets);
}

/* ---- stopping ---- */

static int find_one(struct stopper *stopper, const struct target *target, struct error *err)
{
	struct stop stop = {.instance = INSTANCE_INIT, .run = RUN_INIT, .err = ERROR_INIT};
	int r = instance_find(stopper->state, target->app, target->name, &stop.instance, err);

	/* removed meanwhile */
	if (r <= 0)
		return r;
	r = run_newest(stopper->state, target->app, target->name, &stop.run, err);
	if (r >= 0 && array_push(&stopper->stops, stop) < 0)
		r = error_oom(err);
	if (r < 0) {
		instance_release(&stop.instance);
		run_release(&stop.run);
	}
	return r < 0 ? r : 0;
}

/* Before it is asked: its end is then nobody's to mend. */
static int want_down(struct stopper *stopper, struct error *err)
{
	int r = connection_begin(&stopper->state->sql, err);

	for (size_t i = 0; r == 0 && i < stopper->stops.count; i++) {
		struct instance *instance = &stopper->stops.items[i].instance;

		r = instance_want(stopper->state, instance->app, instance->name, false, err);
		instance->wanted = false;
	}
	if (r == 0)
		r = connection_commit(&stopper->state->sql, err);
	if (r < 0)
		connection_rollback(&stopper->state->sql);
	return r;
}

static int find_all(struct stopper *stopper, bool apps, struct error *err)
{
	int r = cmd_state_open(&stopper->state, err);

	if (r == 0)
		r = targets_find(stopper->state, stopper->asked, &stopper->targets, err);

	if (r == 0)
		r = targets_claim(stopper->state, &stopper->targets, apps, &stopper->claims, err);
	for (size_t i = 0; r == 0 && i < stopper->targets.count; i++)
		r = find_one(stopper, &stopper->targets.items[i], err);
	return r;
}

static int stop_all(struct stopper *stopper, struct error *err)
{
	const struct spec *spec = &stopper->asked->spec;
	int r = want_down(stopper, err);

	if (r == 0)
		r = instance_stop(stopper->state, &stopper->stops,
				  spec->grace_given ? spec->grace_ms : INSTANCE_GRACE, err);
	for (size_t i = 0; r == 0 && i < stopper->stops.count; i++) {
		const struct stop *stop = &stopper->stops.items[i];

		if (stop->code < 0)
			log_error("%s", stop->err.message);
		else if (stop->unheard && !(spec->grace_given && spec->grace_ms == 0))
			log_warning("%s/%s: killed, since it did not end: %s", stop->instance.app,
				    stop->instance.name, stop->unheard);
		stopper->failed |= stop->code < 0;
	}
	return r;
}

/* changed: instances came or went. */
static int finish(const struct sfc_command *command, struct stopper *stopper, bool changed, int r,
		  const struct error *err)
{
	int status = command_answer(command, r, err);
	struct error said = ERROR_INIT;

	if (status == EXIT_DONE && stopper->failed)
		status = EXIT_FAILED;
	stopper_release(stopper);
	if (r == 0 && demand_tell(stopper->state, NULL, &said) < 0)
		log_warning("%s", said.message);
	if (r == 0 && changed)
		prod_refresh_units(stopper->state, stopper->asked);
	state_closep(&stopper->state);
	return status;
}

int cmd_prod_stop(const struct sfc_command *command, struct asked *asked)
{
	struct stopper stopper = {.asked = asked, .targets = TARGETS_INIT};
	struct error err = ERROR_INIT;
	int r = find_all(&stopper, false, &err);

	if (r == 0)
		r = stop_all(&stopper, &err);
	return finish(command, &stopper, false, r, &err);
}

/* ---- and starting again ---- */

static int start_again(struct stopper *stopper, struct error *err)
{
	_cleanup_(starts_release) struct starts starts = STARTS_INIT;
	int r = 0;

	for (size_t i = 0; r == 0 && i < stopper->stops.count; i++) {
		const struct stop *stop = &stopper->stops.items[i];
		struct start start = START_INIT;

		if (stop->code < 0)
			continue;
		r = instance_find(stopper->state, stop->instance.app, stop->instance.name, &start.instance,
				  err);
		if (r > 0)
			r = array_push(&starts, start) < 0 ? error_oom(err) : 0;
		if (r < 0)
			instance_release(&start.instance);
	}
	if (r == 0)
		r = instance_start(stopper->state, &starts, err);
	for (size_t i = 0; r == 0 && i < starts.count; i++) {
		const struct start *start = &starts.items[i];

		if (start->code < 0)
			log_error("%s", start->err.message);
		else
			printf("%s/%s %s\n", start->instance.app, start->instance.name,
			       start->done ? "ended at once with status 0" : "started");
		stopper->failed |= start->code < 0;
	}
	return r;
}

int cmd_prod_restart(const struct sfc_command *command, struct asked *asked)
{
	struct stopper stopper = {.asked = asked, .targets = TARGETS_INIT};
	struct error err = ERROR_INIT;
	int r = find_all(&stopper, false, &err);

	if (r == 0)
		r = stop_all(&stopper, &err);
	if (r == 0)
		r = start_again(&stopper, &err);
	return finish(command, &stopper, true, r, &err);
}

/* ---- and forgetting ---- */

static void remove_instances(struct stopper *stopper)
{
	for (size_t i = 0; i < stopper->stops.count; i++) {
		struct stop *stop = &stopper->stops.items[i];

		/* said already */
		if (stop->code < 0)
			continue;
		stop->code = instance_remove(stopper->state, stop->instance.app, stop->instance.name,
					     &stop->err);
		if (stop->code < 0)
			log_error("%s", stop->err.message);
		stopper->failed |= stop->code < 0;
	}
}

/* Those that a killed command left half made or half removed go with the application. */
static int settle_unready(struct stopper *stopper, const char *app, struct error *err)
{
	_cleanup_(spec_strings_release) spec_strings names = ARRAY_INIT;
	int r = instance_names_unready(stopper->state, app, &names, err);

	for (size_t i = 0; r == 0 && i < names.count; i++) {
		_cleanup_(claim_release) struct claim claim = CLAIM_INIT;
		char object[160];

		instance_object(app, names.items[i], object, sizeof(object));
		r = claim_take(stopper->state, object, &claim, err);
		if (r == 0)
			r = instance_settle(stopper->state, app, names.items[i], err);
		r = r == -ENOENT || r > 0 ? 0 : r;
	}
	return r;
}

static int remove_app(struct stopper *stopper, struct store *store, const char *name, struct error *err)
{
	_cleanup_(app_release) struct app app = APP_INIT;
	_cleanup_(freep) char *path = state_path(stopper->state, "app/%s", name);
	int r = settle_unready(stopper, name, err);

	if (r == 0)
		r = app_must_exist(stopper->state, name, &app, err);
	if (r == 0 && !path)
		r = error_oom(err);
	if (r == 0)
		r = directory_remove_at(AT_FDCWD, path, path, err);
	if (r == 0)
		r = app_remove(stopper->state, name, err);
	return r < 0 ? r : package_tidy(stopper->state, store, err);
}

static int remove_apps(struct stopper *stopper, struct error *err)
{
	_cleanup_(store_closep) struct store *store = NULL;
	int r = store_open(stopper->state->dir, &store, err);

	for (size_t i = 0; r == 0 && !stopper->failed && i < stopper->targets.apps.count; i++)
		r = remove_app(stopper, store, stopper->targets.apps.items[i], err);
	/* of commands that were killed */
	if (r == 0)
		r = package_tidy(stopper->state, store, err);
	return r < 0 ? r : run_tidy(stopper->state, err);
}

int cmd_prod_rm(const struct sfc_command *command, struct asked *asked)
{
	struct stopper stopper = {.asked = asked, .targets = TARGETS_INIT};
	struct error err = ERROR_INIT;
	int r = find_all(&stopper, asked->all, &err);

	if (r == 0 && !asked->all && stopper.targets.apps.count)
		r = error_set(&err, -EINVAL,
			      "which instance? 'sfc prod rm %s --all' removes the application",
			      stopper.targets.apps.items[0]);
	if (r == 0)
		r = stop_all(&stopper, &err);
	if (r == 0)
		remove_instances(&stopper);
	if (r == 0 && asked->all)
		r = remove_apps(&stopper, &err);
	return finish(command, &stopper, true, r, &err);
}
