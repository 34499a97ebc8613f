// SPDX-License-Identifier: BSD-2-Clause
/* sfc prod start: new instances from what is asked, or stopped ones again. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "stage/cmd/cmd.h"
#include "stage/cmd/prod.h"
#include "stage/instance/app.h"
#include "stage/instance/demand.h"
#include "stage/instance/limits.h"
#include "stage/instance/start.h"
#include "stage/instance/stop.h"
#include "stage/layer/dev.h"
#include "stage/layer/guard.h"
#include "stage/spec/spec_json.h"
#include "stage/spec/values.h"

enum { COUNT_MAX = 10000 };

struct starter {
	struct state *state;
	const struct asked *asked;
	uint64_t count;    /* 0: not given */
	bool given;        /* something was asked of how it is run */
	char *user;        /* whose limits count */
	bool chosen;       /* they give ports: of ":80" one that is free */
	const char *guard, *guard_source;
	struct starts starts, held; /* held: on demand */
	struct claims claims;
};

static void starter_release(struct starter *starter)
{
	starts_release(&starter->starts);
	starts_release(&starter->held);
	claims_release(&starter->claims);
	free(starter->user);
}

/* ---- what is asked ---- */

static int read_count(struct starter *starter, struct error *err)
{
	const struct asked *asked = starter->asked;

	if (asked->count && value_number(asked->count, 1, COUNT_MAX, &starter->count) < 0)
		return error_set(err, -EINVAL, "--count takes a whole number above 0, not '%s'",
				 asked->count);
	if (asked->count && asked->spec.on_demand)
		return error_set(err, -EINVAL, "how many share the ports of --on-demand says --instances 0..%s", asked->count);
	starter->count = asked->spec.instances_most ? asked->spec.instances_most : starter->count;
	if (asked->name && starter->count)
		return error_set(err, -EINVAL, "--name is for one instance, --count and --instances are for new ones");
	return asked->name ? state_check_name("an instance", asked->name, err) : 0;
}

static int read_guard(struct starter *starter, const char *app, struct error *err)
{
	const char *guard = starter->asked->guard;

	starter->guard = guard;
	starter->guard_source = starter->asked->guard_source;
	if (guard && strcmp(guard, "report") != 0 && strcmp(guard, "heal") != 0 &&
	    strcmp(guard, "deny") != 0 && strcmp(guard, "off") != 0)
		return error_set(err, -EINVAL, "--guard is report, heal, deny or off, not '%s'", guard);
	if (guard && strcmp(guard, "heal") == 0 && !starter->guard_source) {
		int r = dev_find(starter->state, app, NULL, err);

		if (r <= 0)
			return r < 0 ? r : error_set(err, -EINVAL,
						     "--guard heal needs --guard-source, the full tree");
		starter->guard_source = app;
	}
	return starter->guard_source ? guard_check_source(starter->state, starter->guard_source, err) : 0;
}

/* It is the file that is wrong then, not what was asked. */
static int read_chosen(struct starter *starter, struct error *err)
{
	struct limits limits;
	int r = limits_find(limits_path(), starter->user, &limits, err);

	starter->chosen = r > 0 && limits.first_port;
	return r == -EINVAL ? -EBADMSG : r < 0 ? r : 0;
}

static int read_asked(struct starter *starter, struct error *err)
{
	const struct asked *asked = starter->asked;
	json_t *spec = spec_to_json(&asked->spec);
	int r;

	if (!spec)
		return error_oom(err);
	starter->given = json_object_size(spec) || asked->ephemeral || asked->guard || asked->guard_source;
	json_decref(spec);
	if (!asked->operand_count)
		return error_set(err, -EINVAL, "which application? 'sfc prod list' shows them");
	if (asked->operand_count > 1 && (starter->given || asked->name || asked->count))
		return error_set(err, -EINVAL, "options are for one application at a time");
	r = read_count(starter, err);
	if (r == 0)
		r = limits_user(asked->for_user, &starter->user, err);
	if (r == 0 && asked->spec.ports.count)
		r = read_chosen(starter, err);
	return r < 0 ? r : limits_check_place(starter->state->dir, err);
}

/* ---- new ones ---- */

static int copy_spec(const struct spec *spec, struct spec *ret_spec, struct error *err)
{
	json_t *json = spec_to_json(spec);
	int r = json ? spec_from_json(json, ret_spec, err) : error_oom(err);

	json_decref(json);
	return r;
}

static char *copy_or_null(const char *text)
{
	return text ? strdup(text) : NULL;
}

static int add_new(struct starter *starter, const struct app *app, const char *name, uint64_t nth,
		   uint64_t count, struct error *err)
{
	bool guarded = starter->guard && strcmp(starter->guard, "off") != 0;
	struct start start = START_INIT;
	struct instance *instance = &start.instance;
	int r;

	instance->app = strdup(app->name);
	instance->name = strdup(name);
	instance->package = strdup(app->package);
	instance->user = strdup(starter->user);
	instance->guard = copy_or_null(guarded ? starter->guard : NULL);
	instance->guard_source = copy_or_null(guarded ? starter->guard_source : NULL);
	instance->ephemeral = starter->asked->ephemeral;
	instance->wanted = true;
	r = copy_spec(&starter->asked->spec, &instance->spec, err);
	if (r == 0)
		r = spec_choose_ports(&instance->spec, nth, instance->spec.on_demand ? 1 : count, starter->chosen, err);
	if (r == 0 && (!instance->app || !instance->name || !instance->package || !instance->user))
		r = error_oom(err);
	if (r == 0 && array_push(&starter->starts, start) < 0)
		r = error_oom(err);
	if (r < 0)
		instance_release(instance);
	return r;
}

static int claim_new(struct starter *starter, struct error *err)
{
	_cleanup_(spec_strings_release) spec_strings objects = ARRAY_INIT;
	char object[160];
	int r = 0;

	for (size_t i = 0; r == 0 && i < starter->starts.count; i++) {
		const struct instance *instance = &starter->starts.items[i].instance;

		instance_object(instance->app, instance->name, object, sizeof(object));
		r = spec_strings_add(&objects, object);
	}
	return r < 0 ? error_oom(err)
		     : claim_take_all(starter->state, (const char *const *)objects.items, objects.count,
				      &starter->claims, err);
}

/* Their rows, from which on their names are taken. */
static int note_new(struct starter *starter, struct error *err)
{
	int r = claim_new(starter, err);

	if (r == 0)
		r = connection_begin(&starter->state->sql, err);
	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < starter->starts.count; i++)
		r = instance_add(starter->state, &starter->starts.items[i].instance, err);
	if (r == 0)
		r = connection_commit(&starter->state->sql, err);
	if (r < 0)
		connection_rollback(&starter->state->sql);
	return r;
}

/* What a killed command left of instances that were being made, or removed, is taken down first. */
static int tidy(struct starter *starter, const char *app, struct error *err)
{
	_cleanup_(spec_strings_release) spec_strings names = ARRAY_INIT;
	int r = instance_names_unready(starter->state, app, &names, err);

	for (size_t i = 0; r == 0 && i < names.count; i++) {
		_cleanup_(claim_release) struct claim claim = CLAIM_INIT;
		char object[160];

		instance_object(app, names.items[i], object, sizeof(object));
		/* or somebody is at it just now */
		if (claim_try(starter->state, object, &claim, NULL) < 0)
			continue;
		r = instance_settle(starter->state, app, names.items[i], err);
		r = r == -ENOENT || r > 0 ? 0 : r;
	}
	return r;
}

/* Under the first numbers that are free, or under this name. */
static int add_all_new(struct starter *starter, const char *app_name, const char *name, struct error *err)
{
	_cleanup_(claim_release) struct claim claim = CLAIM_INIT;
	_cleanup_(app_release) struct app app = APP_INIT;
	uint64_t count = starter->count ? starter->count : 1, made = 0;
	char object[160], number[24];
	int r;

	/* one at a time chooses names */
	snprintf(object, sizeof(object), "app/%.100s", app_name);
	r = claim_take(starter->state, object, &claim, err);
	if (r == 0)
		r = app_must_exist(starter->state, app_name, &app, err);
	if (r == 0)
		r = tidy(starter, app_name, err);
	if (r == 0 && name)
		r = add_new(starter, &app, name, 0, 1, err);
	for (int i = 1; !name && r == 0 && made < count; i++) {
		snprintf(number, sizeof(number), "%d", i);
		r = instance_find(starter->state, app_name, number, NULL, err);
		if (r == 0)
			r = add_new(starter, &app, number, made++, count, err);
		else if (r > 0)
			r = 0;
	}
	return r < 0 ? r : note_new(starter, err);
}

/* ---- those that are there ---- */

/* With what was asked for then, but for what is said now. */
static int change_spec(struct starter *starter, struct instance *instance, struct error *err)
{
	_cleanup_(json_freep) json_t *then = spec_to_json(&instance->spec);
	_cleanup_(json_freep) json_t *now = spec_to_json(&starter->asked->spec);
	struct spec changed = SPEC_INIT;
	int r;

	if (!then || !now || json_object_update(then, now) < 0)
		return error_oom(err);
	r = spec_from_json(then, &changed, err);
	if (r == 0)
		r = spec_choose_ports(&changed, 0, 1, starter->chosen, err);
	/* said before it is kept: what it was made with must go on to start it */
	if (r == 0 && changed.layer_size != instance->spec.layer_size && !instance->ephemeral)
		r = error_set(err, -EINVAL, "the --layer-size of %s/%s cannot be changed; remove it and start it anew",
			      instance->app, instance->name);
	if (r < 0) {
		spec_release(&changed);
		return r;
	}
	spec_release(&instance->spec);
	instance->spec = changed;
	return 0;
}

static int change(struct starter *starter, struct instance *instance, struct error *err)
{
	const struct asked *asked = starter->asked;
	int r = change_spec(starter, instance, err);

	if (r < 0)
		return r;
	instance->ephemeral |= asked->ephemeral;
	if (starter->guard) {
		free(instance->guard);
		instance->guard = strcmp(starter->guard, "off") == 0 ? NULL : strdup(starter->guard);
	}
	if (starter->guard_source) {
		free(instance->guard_source);
		instance->guard_source = strdup(starter->guard_source);
	}
	return instance_change(starter->state, instance, err);
}

static int add_again(struct starter *starter, const struct target *target, struct error *err)
{
	struct start start = START_INIT;
	int r = instance_settle(starter->state, target->app, target->name, err);

	if (r == -ENOENT)
		return 0; /* removed meanwhile */
	if (r > 0 && starter->given)
		return error_set(err, -EBUSY, "%s/%s is running; stop it before changing how it runs",
				 target->app, target->name);
	if (r >= 0)
		r = instance_find(starter->state, target->app, target->name, &start.instance, err);
	if (r > 0 && starter->given)
		r = change(starter, &start.instance, err);
	if (r >= 0 && array_push(&starter->starts, start) < 0)
		r = error_oom(err);
	if (r < 0)
		instance_release(&start.instance);
	return r < 0 ? r : 0;
}

static int add_targets(struct starter *starter, struct error *err)
{
	_cleanup_(targets_release) struct targets targets = TARGETS_INIT;
	int r = targets_find(starter->state, starter->asked, &targets, err);

	if (r == 0)
		r = targets_claim(starter->state, &targets, false, &starter->claims, err);
	for (size_t i = 0; r == 0 && i < targets.count; i++)
		r = add_again(starter, &targets.items[i], err);
	return r;
}

/* One word: what it means depends on what is there. */
static int add_one(struct starter *starter, struct error *err)
{
	_cleanup_(freep) char *word = strdup(starter->asked->operands[0]);
	_cleanup_(spec_strings_release) spec_strings names = ARRAY_INIT;
	struct target target = {.named = true};
	const char *app, *name;
	int r = word ? instance_parse(word, &app, &name, err) : error_oom(err);

	if (r == 0 && name && (starter->asked->name || starter->asked->count))
		r = error_set(err, -EINVAL, "'%s' is one instance already",
			      starter->asked->operands[0]);
	if (r == 0)
		r = app_must_exist(starter->state, app, NULL, err);
	if (r == 0)
		r = read_guard(starter, app, err);
	if (r < 0)
		return r;
	name = name ? name : starter->asked->name;
	target.app = (char *)app;
	target.name = (char *)name;
	if (name) {
		const struct targets one = {.items = &target, .count = 1};

		r = instance_must_exist(starter->state, app, name, NULL, NULL);
		if (r == -ENOENT)
			return add_all_new(starter, app, name, err);
		if (r == 0)
			r = targets_claim(starter->state, &one, false, &starter->claims, err);
		return r < 0 ? r : add_again(starter, &target, err);
	}
	r = instance_names(starter->state, app, &names, err);
	if (r < 0)
		return r;
	return starter->count || starter->given || !names.count ? add_all_new(starter, app, NULL, err)
								 : add_targets(starter, err);
}

/* ---- all of it ---- */

int cmd_prod_start(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(state_closep) struct state *state = NULL;
	struct starter starter = {.asked = asked, .starts = STARTS_INIT, .held = STARTS_INIT,
				  .claims = CLAIMS_INIT};
	struct error err = ERROR_INIT;
	int status, r = cmd_state_open(&state, &err);

	starter.state = state;
	if (r == 0)
		r = read_asked(&starter, &err);
	if (r == 0)
		r = asked->operand_count == 1 ? add_one(&starter, &err) : add_targets(&starter, &err);
	if (r == 0)
		r = demand_begin(state, &starter.starts, &starter.held, &err);
	if (r == 0 && starter.starts.count)
		r = instance_start(state, &starter.starts, &err);
	status = command_answer(command, r, &err);
	if (r == 0 && !(prod_say_started(asked, &starter.starts) & prod_say_started(asked, &starter.held)))
		status = EXIT_FAILED;
	starter_release(&starter);
	if (r == 0)
		prod_refresh_units(state, asked);
	return status;
}
