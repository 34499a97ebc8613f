// SPDX-License-Identifier: BSD-2-Clause
/* process of config.json: what is started, with which variables, as whom, and what it may. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <ctype.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "db/base/text.h"
#include "pack/source/which.h"
#include "stage/container/capabilities.h"
#include "stage/container/private.h"

/* --- words --- */

static json_t *arguments(const struct container_request *request)
{
	const spec_strings *asked = &request->spec->args;
	json_t *list = json_array();

	for (size_t i = 0; i < asked->count; i++)
		json_array_append_new(list, json_stringn_nocheck(asked->items[i], strlen(asked->items[i])));
	if (!asked->count)
		for (char *const *word = request->defaults->args; *word; word++)
			json_array_append_new(list, json_stringn_nocheck(*word, strlen(*word)));
	return list;
}

/* A variable takes the place of an earlier one of its name. */
static void set_variable(json_t *list, const char *assignment)
{
	size_t i, name = (size_t)(strchr(assignment, '=') - assignment) + 1;
	json_t *item;

	json_array_foreach(list, i, item)
		if (strncmp(json_string_value(item), assignment, name) == 0) {
			json_array_set_new(list, i,
					   json_stringn_nocheck(assignment, strlen(assignment)));
			return;
		}
	json_array_append_new(list, json_stringn_nocheck(assignment, strlen(assignment)));
}

static void set_default(json_t *list, const char *name, const char *value)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	size_t i, length = strlen(name);
	json_t *item;

	json_array_foreach(list, i, item)
		if (strncmp(json_string_value(item), name, length) == 0 &&
		    json_string_value(item)[length] == '=')
			return;
	text_printf(&text, "%s=%s", name, value);
	if (!text_failed(&text))
		set_variable(list, text.bytes);
}

static json_t *environment(const struct container *container)
{
	const struct container_request *request = container->request;
	const char *terminal = getenv("TERM");
	json_t *list = json_array();

	if (request->defaults)
		for (char *const *env = request->defaults->env; env && *env; env++)
			if (strchr(*env, '='))
				set_variable(list, *env);
	for (size_t i = 0; i < request->spec->env.count; i++)
		if (strchr(request->spec->env.items[i], '='))
			set_variable(list, request->spec->env.items[i]);
	/* what nobody said; runtimes would set HOME by themselves */
	set_default(list, "PATH", WHICH_PATH_DEFAULT);
	set_default(list, "HOME", container->home ? container->home : "/");
	if (container->terminal && terminal)
		set_default(list, "TERM", terminal);
	return list;
}

/* --- powers --- */

static json_t *names_of(uint64_t set)
{
	json_t *list = json_array();

	for (unsigned int i = 0; capability_name(i); i++)
		if (set >> i & 1)
			json_array_append_new(list, json_string(capability_name(i)));
	return list;
}

/*
 * Root has all of the set. Another user has none of it but what --cap-add names, and may come to the rest
 * by a set-id or capability-bearing file where that is allowed. Nothing is inheritable by itself.
 */
static json_t *capabilities(const struct container *container)
{
	bool root = container->user.uid == 0;
	uint64_t set = container->capabilities, added = container->capabilities_added & set;
	json_t *object = json_object();

	json_set(object, "bounding", names_of(set));
	json_set(object, "effective", names_of(root ? set : added));
	json_set(object, "permitted", names_of(root ? set : added));
	json_set(object, "inheritable", names_of(root ? 0 : added));
	json_set(object, "ambient", names_of(root ? 0 : added));
	return object;
}

static json_t *user(const struct oci_user *user)
{
	json_t *object = json_object(), *groups = json_array();

	for (size_t i = 0; i < user->groups.count; i++)
		json_array_append_new(groups, json_integer(user->groups.items[i]));
	json_set(object, "uid", json_integer(user->uid));
	json_set(object, "gid", json_integer(user->gid));
	json_set(object, "umask", json_integer(022));
	if (json_array_size(groups))
		json_set(object, "additionalGids", groups);
	else
		json_decref(groups);
	return object;
}

/* JSON has signed numbers; what is larger is no limit at all. */
static json_t *limit_number(uint64_t value)
{
	return json_integer(value > INT64_MAX ? -1 : (json_int_t)value);
}

static json_t *resource_limits(const struct spec *spec)
{
	json_t *list = json_array();

	for (size_t i = 0; i < spec->ulimits.count; i++) {
		const struct spec_ulimit *limit = &spec->ulimits.items[i];
		char type[64] = "RLIMIT_";
		json_t *item = json_object();

		for (size_t n = 0; limit->name[n] && n < sizeof(type) - 8; n++) {
			type[7 + n] = (char)toupper((unsigned char)limit->name[n]);
			type[8 + n] = '\0';
		}
		json_set(item, "type", json_string(type));
		json_set(item, "soft", limit_number(limit->soft));
		json_set(item, "hard", limit_number(limit->hard));
		json_array_append_new(list, item);
	}
	return list;
}

static json_t *console_size(int terminal)
{
	struct winsize size = {.ws_row = 24, .ws_col = 80};
	json_t *object = json_object();

	ioctl(terminal, TIOCGWINSZ, &size);
	json_set(object, "height", json_integer(size.ws_row));
	json_set(object, "width", json_integer(size.ws_col));
	return object;
}

json_t *config_process(const struct container *container)
{
	const struct container_request *request = container->request;
	const char *cwd = request->spec->cwd;
	json_t *object = json_object();

	if (!cwd && request->defaults)
		cwd = request->defaults->cwd;
	json_set(object, "terminal", json_boolean(container->terminal));
	if (container->terminal)
		json_set(object, "consoleSize", console_size(request->output));
	json_set(object, "user", user(&container->user));
	json_set(object, "args", arguments(request));
	json_set(object, "env", environment(container));
	json_set(object, "cwd", json_stringn_nocheck(cwd ? cwd : "/", strlen(cwd ? cwd : "/")));
	json_set(object, "capabilities", capabilities(container));
	json_set(object, "rlimits", resource_limits(request->spec));
	json_set(object, "noNewPrivileges", json_boolean(container->no_new_privileges));
	return object;
}
