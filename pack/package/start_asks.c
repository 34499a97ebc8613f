// SPDX-License-Identifier: BSD-2-Clause
#include "pack/package/start_asks.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "pack/oci/config.h"
#include "pack/package/start_read.h"

int start_asks_add(struct start_config *config, struct error *err, const char *format, ...)
{
	va_list args;
	char *text;
	int length;

	va_start(args, format);
	length = vasprintf(&text, format, args);
	va_end(args);
	if (length < 0)
		return error_oom(err);
	for (size_t i = 0; i < config->asks.count; i++)
		if (strcmp(config->asks.items[i], text) == 0) {
			free(text);
			return 0;
		}
	if (array_push(&config->asks, text) < 0) {
		free(text);
		return error_oom(err);
	}
	return 0;
}

static bool is_in(const char *word, const char *const *words)
{
	for (size_t i = 0; words[i]; i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return false;
}

static bool is_empty(const json_t *value)
{
	return json_is_null(value) || json_is_false(value) ||
	       (json_is_object(value) && json_object_size(value) == 0) ||
	       (json_is_array(value) && json_array_size(value) == 0) ||
	       (json_is_string(value) && json_string_length(value) == 0);
}

/* Members that have a meaning for a runtime and none for us. */
static int unknown_members(struct start_config *config, const json_t *object, const char *prefix,
			   const char *const *known, struct error *err)
{
	const char *key;
	json_t *value;
	int r = 0;

	json_object_foreach((json_t *)object, key, value)
		if (r == 0 && !is_in(key, known) && !is_empty(value))
			r = start_asks_add(config, err, "%s%.60s", prefix, key);
	return r;
}

static int capabilities(struct start_config *config, const json_t *process, struct error *err)
{
	const char *set;
	json_t *list, *name;
	size_t i;

	json_object_foreach(json_object_get(process, "capabilities"), set, list) {
		if (!json_is_array(list))
			return start_wrong(err, "process.capabilities.%.60s is not a list", set);
		json_array_foreach(list, i, name) {
			const char *text = json_string_value(name);

			if (!text || strncmp(text, "CAP_", 4) != 0 ||
			    strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != strlen(text))
				return start_wrong(err,
						   "process.capabilities.%.60s[%zu] is no capability",
						   set, i);
			if (!is_in(text, oci_capabilities) &&
			    start_asks_add(config, err, "%.60s", text) < 0)
				return -ENOMEM;
		}
	}
	return 0;
}

/* Without one of these it is the host's; with a path it is that of somebody else. */
static int namespaces(struct start_config *config, const json_t *list, struct error *err)
{
	static const char *const usual[] = {"pid", "ipc", "uts", "mount", "network", NULL};
	const json_t *item;
	size_t i;
	int r = 0;

	for (size_t n = 0; r == 0 && usual[n]; n++) {
		bool own = false;

		json_array_foreach((json_t *)list, i, item) {
			const char *type = json_string_value(json_object_get(item, "type"));
			const json_t *path = json_object_get(item, "path");

			own = own || (type && strcmp(type, usual[n]) == 0 && (!path || is_empty(path)));
		}
		if (!own)
			r = start_asks_add(config, err, "a %s namespace that is not its own", usual[n]);
	}
	return r;
}

static int devices(struct start_config *config, const json_t *linux_part, struct error *err)
{
	const json_t *rules = json_object_get(json_object_get(linux_part, "resources"), "devices");
	const json_t *rule;
	size_t i;

	json_array_foreach((json_t *)rules, i, rule)
		if (json_is_true(json_object_get(rule, "allow")))
			return start_asks_add(config, err, "devices of the host");
	return 0;
}

static int annotations(struct start_config *config, const json_t *json, struct error *err)
{
	const char *key;
	json_t *value;
	int r = 0;

	json_object_foreach(json_object_get(json, "annotations"), key, value)
		if (r == 0 && strncmp(key, "run.oci.", 8) == 0)
			r = start_asks_add(config, err, "the annotation %.60s", key);
	return r;
}

int start_asks_read(const json_t *json, struct start_config *config, struct error *err)
{
	static const char *const top[] = {"ociVersion", "process",     "root",	      "hostname",
					  "mounts",	"linux",       "annotations", NULL};
	static const char *const of_process[] = {"terminal", "consoleSize", "user",
						 "args",     "env",	    "cwd",
						 "capabilities", "noNewPrivileges", NULL};
	static const char *const of_linux[] = {"resources",	"namespaces",  "maskedPaths",
					       "readonlyPaths", "cgroupsPath", NULL};
	const json_t *process = json_object_get(json, "process");
	const json_t *linux_part = json_object_get(json, "linux");
	int r;

	r = unknown_members(config, json, "", top, err);
	if (r == 0)
		r = unknown_members(config, process, "process.", of_process, err);
	if (r == 0)
		r = unknown_members(config, linux_part, "linux.", of_linux, err);
	if (r == 0)
		r = capabilities(config, process, err);
	if (r == 0)
		r = namespaces(config, json_object_get(linux_part, "namespaces"), err);
	if (r == 0)
		r = devices(config, linux_part, err);
	return r < 0 ? r : annotations(config, json, err);
}
