// SPDX-License-Identifier: BSD-2-Clause
#include "stage/cmd/prod.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/log.h"
#include "stage/instance/app.h"
#include "stage/instance/enable.h"

void targets_release(struct targets *targets)
{
	for (size_t i = 0; i < targets->count; i++) {
		free(targets->items[i].app);
		free(targets->items[i].name);
	}
	array_release(targets);
	spec_strings_release(&targets->apps);
}

/* ---- which are meant ---- */

static int add(struct targets *targets, const char *app, const char *name, bool named, struct error *err)
{
	struct target target = {.named = named};

	for (size_t i = 0; i < targets->count; i++)
		if (strcmp(targets->items[i].app, app) == 0 && strcmp(targets->items[i].name, name) == 0)
			return 0;
	target.app = strdup(app);
	target.name = strdup(name);
	if (target.app && target.name && array_push(targets, target) == 0)
		return 0;
	free(target.app);
	free(target.name);
	return error_oom(err);
}

static int add_app(struct state *state, struct targets *targets, const char *app, struct error *err)
{
	_cleanup_(spec_strings_release) spec_strings names = ARRAY_INIT;
	int r = instance_names(state, app, &names, err);

	for (size_t i = 0; r == 0 && i < names.count; i++)
		r = add(targets, app, names.items[i], false, err);
	if (r == 0 && spec_strings_add(&targets->apps, app) < 0)
		r = error_oom(err);
	return r;
}

static int add_word(struct state *state, struct targets *targets, const char *word, struct error *err)
{
	_cleanup_(freep) char *copy = strdup(word);
	const char *app, *name;
	int r = copy ? instance_parse(copy, &app, &name, err) : error_oom(err);

	if (r == 0)
		r = app_must_exist(state, app, NULL, err);
	if (r < 0)
		return r;
	if (!name)
		return add_app(state, targets, app, err);
	r = instance_must_exist(state, app, name, NULL, err);
	return r < 0 ? r : add(targets, app, name, true, err);
}

struct finding_all {
	struct state *state;
	struct targets *targets;
	struct error *err;
};

static int add_one_of_all(const struct app *app, void *data)
{
	struct finding_all *all = data;

	return add_app(all->state, all->targets, app->name, all->err);
}

int targets_find(struct state *state, const struct asked *asked, struct targets *targets,
		 struct error *err)
{
	struct finding_all all = {state, targets, err};
	int r = 0;

	if (!asked->operand_count && !asked->all)
		return error_set(err, -EINVAL, "which? 'sfc prod list' shows them");
	if (!asked->operand_count)
		return app_each(state, add_one_of_all, &all, err);
	for (size_t i = 0; r == 0 && i < asked->operand_count; i++)
		r = add_word(state, targets, asked->operands[i], err);
	return r;
}

static bool is_of(const struct target *target, const struct look *look)
{
	return strcmp(look->instance.app, target->app) == 0 && strcmp(look->instance.name, target->name) == 0;
}

const struct look *targets_look(const struct target *target, const struct looks *looks)
{
	for (size_t i = 0; i < looks->count; i++)
		if (is_of(target, &looks->items[i]))
			return &looks->items[i];
	return NULL;
}

bool targets_have(const struct targets *targets, const struct look *look)
{
	for (size_t i = 0; i < targets->count; i++)
		if (is_of(&targets->items[i], look))
			return true;
	return false;
}

/* ---- their claims ---- */

static int add_object(spec_strings *objects, const char *kind, const char *name)
{
	char object[160];

	snprintf(object, sizeof(object), "%s/%.100s", kind, name);
	return spec_strings_add(objects, object);
}

int targets_claim(struct state *state, const struct targets *targets, bool apps,
		  struct claims *claims, struct error *err)
{
	_cleanup_(spec_strings_release) spec_strings objects = ARRAY_INIT;
	char object[160];
	int r = 0;

	for (size_t i = 0; apps && r == 0 && i < targets->apps.count; i++)
		r = add_object(&objects, "app", targets->apps.items[i]);
	for (size_t i = 0; r == 0 && i < targets->count; i++) {
		instance_object(targets->items[i].app, targets->items[i].name, object, sizeof(object));
		r = spec_strings_add(&objects, object);
	}
	if (r < 0)
		return error_oom(err);
	return claim_take_all(state, (const char *const *)objects.items, objects.count, claims, err);
}

/* ---- their units ---- */

static int refresh_one(const struct app *app, void *data)
{
	struct error err = ERROR_INIT;

	if (enable_refresh(data, app->name, &err) < 0)
		log_warning("%s", err.message);
	return 0;
}

void prod_refresh_units(struct state *state, const struct asked *asked)
{
	for (size_t i = 0; i < asked->operand_count; i++) {
		_cleanup_(freep) char *copy = strdup(asked->operands[i]);
		struct error err = ERROR_INIT;
		const char *app, *name;

		if (!copy || instance_parse(copy, &app, &name, NULL) < 0 || !enable_is(app, NULL))
			continue;
		if ((app_find(state, app, NULL, NULL) > 0 ? enable_refresh(state, app, &err)
							   : disable_app(app, &err)) < 0)
			log_warning("%s", err.message);
	}
	if (!asked->operand_count)
		app_each(state, refresh_one, state, NULL);
}
