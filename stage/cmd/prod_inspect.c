// SPDX-License-Identifier: BSD-2-Clause
/* sfc prod inspect: all that is known of instances, their runs and what happened to them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/clock.h"
#include "db/base/json.h"
#include "db/base/text.h"
#include "stage/cmd/cmd.h"
#include "stage/cmd/prod.h"
#include "stage/instance/app.h"
#include "stage/instance/health.h"
#include "stage/state/event.h"

enum { RUNS = 20 };

struct inspection {
	struct state *state;
	struct looks looks;
	json_t *list;
};

/* ---- its past ---- */

static json_t *stamp(int64_t at_ns)
{
	char text[32];

	state_stamp(at_ns, text, sizeof(text));
	return at_ns ? json_string(text) : json_null();
}

static int add_run(const struct run *run, void *data)
{
	json_t *runs = data, *object = json_object();

	json_set(object, "container", json_string(run->note.name));
	json_set(object, "package", json_string(run->package));
	json_set(object, "begun", stamp(run->begun_ns));
	json_set(object, "ready", stamp(run->ready_ns));
	json_set(object, "ended", stamp(run->ended_ns));
	json_set(object, "status", run->seen ? json_integer(run->status) : json_null());
	json_set(object, "oom", json_boolean(run->oom));
	json_set(object, "restarts", json_integer(run->restarts));
	json_set(object, "said", run->said ? json_path(run->said) : json_null());
	return json_array_append_new(runs, object) < 0 ? -ENOMEM : 0;
}

static int add_event(const struct event_row *event, void *data)
{
	json_t *events = data, *object = json_object();

	json_set(object, "at", stamp(event->at_ns));
	json_set(object, "who", json_path(event->who));
	json_set(object, "what", json_path(event->what));
	return json_array_append_new(events, object) < 0 ? -ENOMEM : 0;
}

/* One that lives on after the kernel killed a process of it: nobody has noted that yet. */
static int add_events(struct inspection *inspection, const struct look *look, json_t *object,
		      struct error *err)
{
	_cleanup_(text_release) struct text problem = TEXT_INIT;
	json_t *events = json_array();
	struct usage usage;
	char name[160];
	int r;

	instance_object(look->instance.app, look->instance.name, name, sizeof(name));
	r = event_each(inspection->state, name, add_event, events, err);
	look_memory(&inspection->looks, look, &usage);
	if (r == 0 && instance_is_up(look->now) && (look->run.oom || usage.oom_kills > 0)) {
		const struct event_row row = {clock_wall_ns(), "kernel", NULL};
		struct event_row killed = row;

		look_problem(look, &usage, &problem);
		killed.what = problem.bytes;
		r = add_event(&killed, events);
	}
	if (r == 0 && health_layer_is_full(&look->run)) {
		_cleanup_(text_release) struct text full = TEXT_INIT;
		struct event_row row = {clock_wall_ns(), "kernel", NULL};

		health_say_full(look->instance.spec.layer_size, &full);
		row.what = full.bytes;
		r = add_event(&row, events);
	}
	json_set(object, "events", events);
	return r;
}

/* ---- where it is ---- */

static json_t *process_or_null(const struct look *look, const struct process *process)
{
	return instance_is_up(look->now) && process->pid > 0 ? json_integer(process->pid) : json_null();
}

static void add_path(json_t *object, const char *key, char *path)
{
	json_set(object, key, path ? json_path(path) : json_null());
	free(path);
}

static int add_instance(struct inspection *inspection, const struct look *look, json_t *list,
			struct error *err)
{
	const struct instance *instance = &look->instance;
	struct state *state = inspection->state;
	json_t *object = prod_instance_json(&inspection->looks, look), *runs = json_array();
	int r = run_each(state, instance->app, instance->name, RUNS, add_run, runs, err);

	json_set(object, "conmon", process_or_null(look, &look->run.note.conmon));
	json_set(object, "ports", process_or_null(look, &look->run.note.network));
	json_set(object, "container", instance_is_up(look->now) ? json_string(look->run.note.name) : json_null());
	json_set(object, "cgroup", instance_is_up(look->now) ? json_path(look->run.note.cgroup) : json_null());
	add_path(object, "layer",
		 state_path(state, "app/%s/%s/layer/upper", instance->app, instance->name));
	add_path(object, "log", state_path(state, "app/%s/%s/log", instance->app, instance->name));
	json_set(object, "runs", runs);
	if (r == 0)
		r = add_events(inspection, look, object, err);
	json_array_append_new(list, object);
	return r;
}

static int add_app(struct inspection *inspection, const char *name, struct error *err)
{
	_cleanup_(app_release) struct app app = APP_INIT;
	json_t *instances = json_array(), *object;
	int r = app_must_exist(inspection->state, name, &app, err);

	for (size_t i = 0; r == 0 && i < inspection->looks.count; i++)
		if (strcmp(inspection->looks.items[i].instance.app, name) == 0)
			r = add_instance(inspection, &inspection->looks.items[i], instances, err);
	if (r < 0) {
		json_decref(instances);
		return r;
	}
	object = prod_app_json(&app);
	json_set(object, "instances", instances);
	return json_array_append_new(inspection->list, object) < 0 ? error_oom(err) : 0;
}

static int add_named(struct inspection *inspection, const struct target *target, struct error *err)
{
	for (size_t i = 0; i < inspection->looks.count; i++) {
		const struct look *look = &inspection->looks.items[i];

		if (strcmp(look->instance.app, target->app) == 0 &&
		    strcmp(look->instance.name, target->name) == 0)
			return add_instance(inspection, look, inspection->list, err);
	}
	return 0;
}

/* ---- for a person: a line a fact ---- */

static void print_value(const char *name, const json_t *value)
{
	_cleanup_(text_release) struct text plain = TEXT_INIT;
	_cleanup_(freep) char *text = NULL;
	const char *key;
	json_t *member;
	size_t i;

	if (json_is_null(value))
		return;
	if (json_is_object(value)) {
		json_object_foreach((json_t *)value, key, member) {
			_cleanup_(text_release) struct text longer = TEXT_INIT;

			text_printf(&longer, "%s%s%s", name, *name ? "." : "", key);
			print_value(longer.bytes, member);
		}
		return;
	}
	if (json_is_array(value)) {
		json_array_foreach(value, i, member) {
			_cleanup_(text_release) struct text longer = TEXT_INIT;

			text_printf(&longer, "%s[%zu]", name, i);
			print_value(longer.bytes, member);
		}
		return;
	}
	text = json_is_string(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY);
	/* what a program printed last is among it */
	text_add_plain(&plain, json_is_string(value) ? json_string_value(value) : text ? text : "");
	printf("%-24s %s\n", name, plain.bytes);
}

static int print(const struct asked *asked, json_t *list, struct error *err)
{
	json_t *each;
	size_t i;

	if (asked->json)
		return json_print(json_incref(list), err);
	json_array_foreach(list, i, each) {
		if (i)
			putchar('\n');
		print_value("", each);
	}
	return 0;
}

static int inspect(struct inspection *inspection, const struct asked *asked, struct error *err)
{
	_cleanup_(targets_release) struct targets targets = TARGETS_INIT;
	int r = targets_find(inspection->state, asked, &targets, err);

	if (r == 0)
		r = look_read(inspection->state, NULL, &inspection->looks, err);
	for (size_t i = 0; r == 0 && i < targets.apps.count; i++)
		r = add_app(inspection, targets.apps.items[i], err);
	for (size_t i = 0; r == 0 && i < targets.count; i++)
		if (targets.items[i].named)
			r = add_named(inspection, &targets.items[i], err);
	return r < 0 ? r : print(asked, inspection->list, err);
}

int cmd_prod_inspect(const struct sfc_command *command, struct asked *asked)
{
	_cleanup_(state_closep) struct state *state = NULL;
	struct inspection inspection = {.looks = LOOKS_INIT, .list = json_array()};
	struct error err = ERROR_INIT;
	int r = cmd_state_open(&state, &err);

	inspection.state = state;
	if (r == 0)
		r = inspect(&inspection, asked, &err);
	looks_release(&inspection.looks);
	json_decref(inspection.list);
	return command_answer(command, r, &err);
}
