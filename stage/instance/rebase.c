// SPDX-License-Identifier: BSD-2-Clause
#include "stage/instance/rebase.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "stage/instance/app.h"
#include "stage/instance/start.h"
#include "stage/instance/stop.h"

/*
 * A readiness that looks at data an instance had kept from before is true at once: hence this long a life, and
 * a second look when all are done.
 */
enum { LIFE_MS = 1000 };

/* ---- one ---- */

struct place {
	struct instance instance;
	struct run run;
	bool up;
};

static void place_release(struct place *place)
{
	instance_release(&place->instance);
	run_release(&place->run);
}

static int place_find(struct state *state, const char *app, const char *name, struct place *place,
		      struct error *err)
{
	struct process self;
	int r = instance_must_exist(state, app, name, &place->instance, err);

	if (r == 0)
		r = run_newest(state, app, name, &place->run, err);
	if (r < 0)
		return r;
	process_self(&self);
	place->up = r > 0 && instance_is_up(instance_now(state, &place->instance, &place->run, &self));
	return 0;
}

/* Whoever waits to start it again is sent away, too. */
static int stop_one(struct state *state, const char *app, const char *name, struct error *err)
{
	_cleanup_(stops_release) struct stops stops = STOPS_INIT;
	struct place place = {.instance = INSTANCE_INIT, .run = RUN_INIT};
	struct stop stop = {.err = ERROR_INIT};
	int r = place_find(state, app, name, &place, err);

	if (r < 0) {
		place_release(&place);
		return r;
	}
	stop.instance = place.instance;
	stop.run = place.run;
	if (array_push(&stops, stop) < 0) {
		place_release(&place);
		return error_oom(err);
	}
	r = instance_stop(state, &stops, INSTANCE_GRACE, err);
	if (r == 0 && stops.items[0].code < 0)
		r = error_set(err, stops.items[0].code, "%s", stops.items[0].err.message);
	return r;
}

/* How it ended, when it should not have. */
static int say_ended(struct state *state, const char *app, const char *name, const char *when,
		     struct error *err)
{
	_cleanup_(place_release) struct place place = {.instance = INSTANCE_INIT, .run = RUN_INIT};
	int r = place_find(state, app, name, &place, err);

	if (r < 0)
		return r;
	return place.run.seen ? error_set(err, -ECANCELED, "%s/%s ended%s with status %d", app, name, when,
					  place.run.status)
			      : error_set(err, -ECANCELED, "%s/%s ended%s, and nobody saw how", app, name,
					  when);
}

static int is_up(struct state *state, const char *app, const char *name, struct error *err)
{
	_cleanup_(place_release) struct place place = {.instance = INSTANCE_INIT, .run = RUN_INIT};
	int r = place_find(state, app, name, &place, err);

	return r < 0 ? r : place.up;
}

/* ran: one that did is to run again; to be done at once is a failure here. */
static int start_one(struct state *state, struct instance *instance, bool ran, struct error *err)
{
	_cleanup_(starts_release) struct starts starts = STARTS_INIT;
	struct start start = START_INIT;
	int r;

	start.instance = *instance;
	start.life_ms = LIFE_MS;
	if (array_push(&starts, start) < 0)
		return error_oom(err);
	*instance = (struct instance)INSTANCE_INIT; /* it is the list's now */
	r = instance_start(state, &starts, err);
	if (r == 0 && starts.items[0].code < 0)
		r = error_set(err, starts.items[0].code, "%s", starts.items[0].err.message);
	if (r < 0 || !ran)
		return r;
	instance = &starts.items[0].instance;
	r = is_up(state, instance->app, instance->name, err);
	return r == 0 ? say_ended(state, instance->app, instance->name, " at once", err) : r < 0 ? r : 0;
}

static int rebase_one(struct state *state, const char *app, const char *name, const char *digest,
		      bool *ret_ran, struct error *err)
{
	_cleanup_(place_release) struct place place = {.instance = INSTANCE_INIT, .run = RUN_INIT};
	char *package;
	int r = place_find(state, app, name, &place, err);

	if (r == 0)
		r = stop_one(state, app, name, err);
	if (r < 0)
		return r;
	package = strdup(digest);
	if (!package)
		return error_oom(err);
	free(place.instance.package);
	place.instance.package = package;
	r = instance_change(state, &place.instance, err);
	*ret_ran = place.up;
	return r < 0 || !place.instance.wanted ? r : start_one(state, &place.instance, place.up, err);
}

/* ---- all ---- */

static int rebase_each(struct state *state, const char *app, const spec_strings *names, const char *digest,
		       bool *ran, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < names->count; i++)
		r = rebase_one(state, app, names->items[i], digest, &ran[i], err);
	for (size_t i = 0; r == 0 && i < names->count; i++) {
		if (!ran[i])
			continue;
		r = is_up(state, app, names->items[i], err);
		r = r == 0 ? say_ended(state, app, names->items[i], " on the new base", err) : r < 0 ? r : 0;
	}
	return r;
}

int rebase_to(struct state *state, const char *app, const spec_strings *names, const char *digest,
	      struct error *err)
{
	_cleanup_(freep) bool *ran = calloc(names->count + 1, sizeof(*ran));

	return ran ? rebase_each(state, app, names, digest, ran, err) : error_oom(err);
}

static bool is_back(const struct place *place, const char *digest)
{
	return strcmp(place->instance.package, digest) == 0 && (place->up || !place->instance.wanted);
}

int rebase_back(struct state *state, const char *app, const spec_strings *names, const char *digest,
		struct error *said, struct error *err)
{
	int r = instance_restore_before(state, app, err);

	for (size_t i = 0; r == 0 && i < names->count; i++) {
		_cleanup_(place_release) struct place place = {.instance = INSTANCE_INIT, .run = RUN_INIT};
		struct error problem = ERROR_INIT;
		bool ran;

		r = place_find(state, app, names->items[i], &place, err);
		if (r == 0 && !is_back(&place, digest) &&
		    rebase_one(state, app, names->items[i], digest, &ran, &problem) < 0 && !*said->message)
			*said = problem;
	}
	return r < 0 ? r : app_set_updating(state, app, NULL, err);
}
