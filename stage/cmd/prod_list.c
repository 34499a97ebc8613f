// SPDX-License-Identifier: BSD-2-Clause
/* sfc prod list, sfc ps: applications and their instances. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/columns.h"
#include "db/base/json.h"
#include "db/base/size.h"
#include "db/base/text.h"
#include "stage/cmd/cmd.h"
#include "stage/cmd/prod.h"
#include "stage/instance/app.h"
#include "stage/spec/spec_json.h"

enum { MEBIBYTE = 1 << 20 };

struct listing {
	struct state *state;
	const struct asked *asked;
	struct looks looks;
	struct columns *columns;
	json_t *json;
};

/* ---- as JSON ---- */

static json_t *time_or_null(int64_t at_ns)
{
	char stamp[32];

	state_stamp(at_ns, stamp, sizeof(stamp));
	return at_ns ? json_string(stamp) : json_null();
}

static json_t *text_or_null(const char *text)
{
	return text && *text ? json_path(text) : json_null();
}

static json_t *number_or_null(int64_t number)
{
	return number < 0 ? json_null() : json_integer(number);
}

/* What was asked, so that a script finds limits and ports without a second look. */
static void add_asked(json_t *object, const struct instance *instance)
{
	static const char *const keys[] = {"memory", "cpus", "pids", "network", "ready", "health", "restart"};
	json_t *asked = spec_to_json(&instance->spec), *ports;

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		json_t *value = json_object_get(asked, keys[i]);

		json_set(object, keys[i], value ? json_incref(value) : json_null());
	}
	ports = json_object_get(asked, "publish");
	if (!json_object_get(asked, "network"))
		json_set(object, "network", json_string(ports ? "private" : "host"));
	json_set(object, "publish", ports ? json_incref(ports) : json_array());
	json_set(object, "asked", asked);
}

json_t *prod_instance_json(const struct looks *looks, const struct look *look)
{
	_cleanup_(text_release) struct text problem = TEXT_INIT;
	const struct instance *instance = &look->instance;
	const struct run *run = &look->run;
	bool up = instance_is_up(look->now), over = run->state != RUN_NONE && !up;
	json_t *object = json_object();
	struct usage usage;

	look_memory(looks, look, &usage);
	look_problem(look, &usage, &problem);
	json_set(object, "app", json_string(instance->app));
	json_set(object, "name", json_string(instance->name));
	json_set(object, "state", json_string(look_state(look)));
	json_set(object, "pid", up ? number_or_null(run->note.process.pid ? run->note.process.pid : -1)
				   : json_null());
	json_set(object, "status", over && run->seen ? json_integer(run->status) : json_null());
	json_set(object, "problem", text_or_null(problem.bytes));
	json_set(object, "wanted", json_string(instance->wanted ? "up" : "down"));
	json_set(object, "user", json_path(instance->user));
	json_set(object, "package", json_string(instance->package));
	json_set(object, "memory_bytes", number_or_null(usage.memory));
	json_set(object, "restarts", json_integer(run->restarts));
	json_set(object, "since", time_or_null(up ? run->begun_ns : run->ended_ns));
	json_set(object, "created", time_or_null(instance->created_ns));
	json_set(object, "ephemeral", json_boolean(instance->ephemeral));
	json_set(object, "guard", text_or_null(instance->guard));
	json_set(object, "guard_source", text_or_null(instance->guard_source));
	add_asked(object, instance);
	return object;
}

json_t *prod_app_json(const struct app *app)
{
	json_t *object = json_object();

	json_set(object, "name", json_string(app->name));
	json_set(object, "package", json_string(app->package));
	json_set(object, "previous", text_or_null(app->previous));
	json_set(object, "updating", text_or_null(app->updating));
	json_set(object, "installed", time_or_null(app->installed_ns));
	json_set(object, "updated", time_or_null(app->updated_ns));
	return object;
}

/* ---- which are asked for ---- */

static bool is_asked(const struct asked *asked, const char *app, const char *name)
{
	size_t length = strlen(app);

	for (size_t i = 0; i < asked->operand_count; i++) {
		const char *word = asked->operands[i];

		if (strncmp(word, app, length) != 0)
			continue;
		if (!word[length] || (word[length] == '/' && (!name || strcmp(word + length + 1, name) == 0)))
			return true;
	}
	return asked->operand_count == 0;
}

static int check_words(struct listing *listing, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < listing->asked->operand_count; i++) {
		_cleanup_(freep) char *word = strdup(listing->asked->operands[i]);
		const char *app, *name;

		r = word ? instance_parse(word, &app, &name, err) : error_oom(err);
		if (r == 0)
			r = app_must_exist(listing->state, app, NULL, err);
		if (r == 0 && name)
			r = instance_must_exist(listing->state, app, name, NULL, err);
	}
	return r;
}

/* ---- as columns ---- */

static void add_state(struct columns *columns, const struct look *look, const struct usage *usage)
{
	_cleanup_(text_release) struct text text = TEXT_INIT, problem = TEXT_INIT;

	look_problem(look, usage, &problem);
	text_add(&text, look_state(look));
	if (look->now == NOW_FAILED)
		text_printf(&text, " (%d)", look->run.status);
	if (problem.size && look->now != NOW_STOPPED && look->now != NOW_LOST && look->now != NOW_UNWATCHED)
		text_printf(&text, ": %s", problem.bytes);
	columns_add(columns, text.bytes);
}

static void add_memory(struct columns *columns, const struct look *look, const struct usage *usage)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	const char *unit;
	uint64_t number = size_in_units(look->instance.spec.memory, &unit);

	/* in the units in which a limit is typed */
	if (usage->memory >= 0)
		text_printf(&text, "%.1f MiB", (double)usage->memory / MEBIBYTE);
	else
		text_add(&text, "-");
	if (look->instance.spec.memory)
		text_printf(&text, " of %" PRIu64 " %s%s", number, unit, *unit ? "iB" : "bytes");
	columns_add(columns, text.bytes);
}

static void add_number(struct columns *columns, uint64_t number, uint64_t parts)
{
	char text[32];

	if (parts == 1)
		snprintf(text, sizeof(text), "%" PRIu64, number);
	else
		snprintf(text, sizeof(text), "%g", (double)number / (double)parts);
	columns_add(columns, number ? text : "-");
}

static void add_network(struct columns *columns, const struct spec *spec)
{
	static const char *const words[] = {NULL, "host", "none", "private"};
	_cleanup_(text_release) struct text text = TEXT_INIT;
	const char *word = spec->network < NETWORK_PATH ? words[spec->network] : spec->network_name;

	text_add_plain(&text, word ? word : spec->ports.count ? "private" : "host");
	for (size_t i = 0; i < spec->ports.count; i++) {
		const struct spec_port *port = &spec->ports.items[i];

		text_printf(&text, " %s%s%u:%u%s", port->address ? port->address : "", port->address ? ":" : "",
			    port->host ? port->host : port->port, port->port, port->udp ? "/udp" : "");
	}
	columns_add(columns, text.bytes);
}

static void add_row(struct listing *listing, const struct look *look)
{
	struct columns *columns = listing->columns;
	const struct spec *spec = &look->instance.spec;
	char text[160];
	struct usage usage;

	look_memory(&listing->looks, look, &usage);
	snprintf(text, sizeof(text), "%s/%s", look->instance.app, look->instance.name);
	columns_add(columns, text);
	add_state(columns, look, &usage);
	snprintf(text, sizeof(text), "%" PRId64, look->run.note.process.pid);
	columns_add(columns, instance_is_up(look->now) && look->run.note.process.pid ? text : "-");
	columns_add(columns, look->instance.user);
	add_memory(columns, look, &usage);
	add_number(columns, spec->cpus_milli, 1000);
	add_number(columns, spec->pids, 1);
	add_number(columns, (uint64_t)look->run.restarts, 1);
	add_network(columns, spec);
	columns_end(columns);
}

static void add_installed(struct columns *columns, const char *app)
{
	columns_add(columns, app);
	columns_add(columns, "installed");
	for (int i = 0; i < 7; i++)
		columns_add(columns, "-");
	columns_end(columns);
}

/* ---- each application ---- */

static int add_app(const struct app *app, void *data)
{
	struct listing *listing = data;
	json_t *instances = listing->json ? json_array() : NULL, *object;
	bool any = false;

	if (!is_asked(listing->asked, app->name, NULL))
		return 0;
	for (size_t i = 0; i < listing->looks.count; i++) {
		const struct look *look = &listing->looks.items[i];

		if (strcmp(look->instance.app, app->name) != 0 ||
		    !is_asked(listing->asked, app->name, look->instance.name))
			continue;
		any = true;
		if (listing->asked->quiet)
			printf("%s/%s\n", look->instance.app, look->instance.name);
		else if (listing->json)
			json_array_append_new(instances, prod_instance_json(&listing->looks, look));
		else
			add_row(listing, look);
	}
	if (listing->json) {
		object = prod_app_json(app);
		json_set(object, "instances", instances);
		json_array_append_new(listing->json, object);
	} else if (!any && !listing->asked->quiet) {
		add_installed(listing->columns, app->name);
	}
	return 0;
}

const char *const prod_list_heads[PROD_LIST_COLUMNS + 1] = {"NAME", "STATE", "PID", "USER", "MEMORY", "CPUS",
							     "PIDS", "RESTARTS", "NETWORK", NULL};

int prod_list_fill(struct state *state, const struct asked *asked, struct columns *columns, json_t *json,
		   struct error *err)
{
	struct listing listing = {
		.state = state, .asked = asked, .looks = LOOKS_INIT, .columns = columns, .json = json};
	int r = check_words(&listing, err);

	if (r == 0)
		r = look_read(state, NULL, &listing.looks, err);
	if (r == 0)
		r = app_each(state, add_app, &listing, err);
	looks_release(&listing.looks);
	return r;
}

int prod_list(const struct asked *asked, struct error *err)
{
	_cleanup_(columns_release) struct columns columns = {.align = "<<><<>>><"};
	_cleanup_(state_closep) struct state *state = NULL;
	_cleanup_(json_freep) json_t *json = asked->json ? json_array() : NULL;
	int r = cmd_state_look(&state, err);

	for (const char *const *head = prod_list_heads; *head; head++)
		columns_add(&columns, *head);
	columns_end(&columns);
	if (r == 0)
		r = prod_list_fill(state, asked, &columns, json, err);
	if (r < 0 || asked->quiet)
		return r;
	return json ? json_print(take(json), err) : columns_print(&columns, err);
}
