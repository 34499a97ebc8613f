// SPDX-License-Identifier: BSD-2-Clause
/* sfc ps --host: what runs on other hosts, in one table. */
#include "stage/cmd/prod.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "db/base/log.h"
#include "db/base/text.h"
#include "stage/cmd/hosts.h"

enum { MEBIBYTE = 1 << 20 };

static const char *const heads[] = {"HOST", "NAME", "STATE", "PID", "USER", "MEMORY", "RESTARTS", "NETWORK"};
enum { COLUMNS = sizeof(heads) / sizeof(*heads) };

/* What is there under this name, if it is a text. */
static void add_text(struct columns *columns, const json_t *object, const char *name)
{
	const char *text = json_text(object, name);

	columns_add(columns, text && *text ? text : "-");
}

static void add_number(struct columns *columns, const json_t *object, const char *name)
{
	json_int_t number = json_integer_value(json_object_get(object, name));
	char text[32];

	snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT, number);
	columns_add(columns, number > 0 ? text : "-");
}

static void add_state(struct columns *columns, const json_t *instance)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	const char *state = json_text(instance, "state"), *problem = json_text(instance, "problem");
	const json_t *status = json_object_get(instance, "status");

	text_add(&text, state ? state : "-");
	if (json_is_integer(status) && json_integer_value(status) != 0)
		text_printf(&text, " (%" JSON_INTEGER_FORMAT ")", json_integer_value(status));
	if (problem && *problem)
		text_printf(&text, ": %s", problem);
	columns_add(columns, text.bytes);
}

static void add_network(struct columns *columns, const json_t *instance)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	const char *network = json_text(instance, "network");
	const json_t *port;
	size_t i;

	text_add(&text, network ? network : "-");
	json_array_foreach(json_object_get(instance, "publish"), i, port)
		if (json_is_string(port))
			text_printf(&text, " %s", json_string_value(port));
	columns_add(columns, text.bytes);
}

static void add_instance(struct columns *columns, const char *host, const char *app, const json_t *instance)
{
	_cleanup_(text_release) struct text name = TEXT_INIT;
	json_int_t memory = json_integer_value(json_object_get(instance, "memory_bytes"));
	char text[32];

	text_printf(&name, "%s/%s", app, json_text(instance, "name") ? json_text(instance, "name") : "-");
	columns_add(columns, host);
	columns_add(columns, name.bytes);
	add_state(columns, instance);
	add_number(columns, instance, "pid");
	add_text(columns, instance, "user");
	snprintf(text, sizeof(text), "%.1f MiB", (double)memory / MEBIBYTE);
	columns_add(columns, memory > 0 ? text : "-");
	add_number(columns, instance, "restarts");
	add_network(columns, instance);
	columns_end(columns);
}

static void add_installed(struct columns *columns, const char *host, const char *app)
{
	columns_add(columns, host);
	columns_add(columns, app);
	columns_add(columns, "installed");
	for (int i = 3; i < COLUMNS; i++)
		columns_add(columns, "-");
	columns_end(columns);
}

static void say_names(const char *host, const char *app, const json_t *instance)
{
	_cleanup_(text_release) struct text line = TEXT_INIT, shown = TEXT_INIT;

	text_printf(&line, "%s %s/%s", host, app, json_text(instance, "name") ? json_text(instance, "name") : "-");
	text_add_plain(&shown, line.bytes);
	puts(shown.bytes);
}

static void show_host(const struct host_answer *answer, bool quiet, struct columns *columns)
{
	const json_t *app, *instance;
	size_t i, j;

	json_array_foreach(answer->apps, i, app) {
		const json_t *instances = json_object_get(app, "instances");

		json_array_foreach((json_t *)instances, j, instance) {
			if (quiet)
				say_names(answer->host, json_text(app, "name"), instance);
			else
				add_instance(columns, answer->host, json_text(app, "name"), instance);
		}
		if (!json_array_size(instances) && !quiet)
			add_installed(columns, answer->host, json_text(app, "name"));
	}
}

static int show_table(const struct host_answer *answers, size_t count, bool quiet, struct error *err)
{
	struct columns columns = {.align = "<<<><>><"};
	int r = 0;

	for (size_t i = 0; i < COLUMNS; i++)
		columns_add(&columns, heads[i]);
	columns_end(&columns);
	for (size_t i = 0; i < count; i++)
		show_host(&answers[i], quiet, &columns);
	if (!quiet)
		r = columns_print(&columns, err);
	columns_release(&columns);
	return r;
}

static int show_json(const struct host_answer *answers, size_t count, struct error *err)
{
	json_t *hosts = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(hosts, json_pack("{s:o, s:O?, s:o}", "host", json_path(answers[i].host), "apps",
						       answers[i].apps, "error",
						       answers[i].apps ? json_null() : json_path(answers[i].error.message)));
	return json_print(hosts, err);
}

int prod_list_hosts(const struct asked *asked, struct error *err)
{
	size_t count = asked->hosts.count, lost = 0;
	_cleanup_(freep) struct host_answer *answers = calloc(count, sizeof(*answers));
	int r = asked->operand_count || asked->all_users
			? error_set(err, -EINVAL, "--host shows all that the host has: no APP and no --all-users go with it")
			: 0;

	if (r == 0)
		r = hosts_check(&asked->hosts, err);
	if (r == 0 && !answers)
		r = error_oom(err);
	if (r == 0)
		r = hosts_ask(&asked->hosts, answers, err);
	if (r < 0)
		return r;
	r = asked->json && !asked->quiet ? show_json(answers, count, err) : show_table(answers, count, asked->quiet, err);
	for (size_t i = 0; i < count; i++) {
		if (answers[i].apps)
			continue;
		lost++;
		if (lost > 1 || r < 0)
			log_error("host '%s': %s", answers[i].host, answers[i].error.message);
		else
			r = error_set(err, -EIO, "host '%s': %s", answers[i].host, answers[i].error.message);
	}
	host_answers_release(answers, count);
	return r;
}
