// SPDX-License-Identifier: BSD-2-Clause
/* start_config_json(): out of known fields, into the configuration every container of ours begins with. */
#include "pack/package/start_config.h"

#include <errno.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "pack/oci/config.h"

static json_t *strings_json(const struct start_strings *strings)
{
	json_auto_t *list = json_array();

	for (size_t i = 0; i < strings->count; i++)
		if (json_array_append_new(list, json_string(strings->items[i])) < 0)
			return NULL;
	return json_incref(list);
}

static json_t *capabilities_json(const struct start_config *config)
{
	json_auto_t *list = json_array();

	for (uint32_t bit = 0; oci_capabilities[bit]; bit++)
		if ((config->capabilities >> bit & 1) &&
		    json_array_append_new(list, json_string(oci_capabilities[bit])) < 0)
			return NULL;
	return json_pack("{s:O, s:O, s:O}", "bounding", list, "effective", list, "permitted", list);
}

static json_t *user_json(const struct start_config *config)
{
	json_auto_t *user = json_pack("{s:I, s:I}", "uid", (json_int_t)config->uid, "gid",
				      (json_int_t)config->gid);
	json_auto_t *groups = json_array();

	for (size_t i = 0; i < config->groups.count; i++)
		if (json_array_append_new(groups, json_integer(config->groups.items[i])) < 0)
			return NULL;
	if (config->groups.count && json_object_set(user, "additionalGids", groups) < 0)
		return NULL;
	return json_incref(user);
}

static int write_process(const struct start_config *config, json_t *process)
{
	if (json_set(process, "env", strings_json(&config->env)) < 0 ||
	    json_set(process, "cwd", json_string(config->cwd)) < 0 ||
	    json_set(process, "user", user_json(config)) < 0 ||
	    json_set(process, "capabilities", capabilities_json(config)) < 0 ||
	    json_set(process, "noNewPrivileges", json_boolean(config->no_new_privileges)) < 0)
		return -ENOMEM;
	return 0;
}

static int add_word(json_t *options, const char *word)
{
	json_t *option;
	size_t i;

	json_array_foreach(options, i, option)
		if (strcmp(json_string_value(option), word) == 0)
			return 0;
	return json_array_append_new(options, json_string(word));
}

static int write_tmpfs(const struct start_config *config, json_t *mounts)
{
	for (size_t i = 0; i < config->tmpfs.count; i++) {
		json_t *options = strings_json(&config->tmpfs.items[i].options);

		if (!options || add_word(options, "nosuid") < 0 || add_word(options, "nodev") < 0 ||
		    json_array_append_new(
			    mounts, json_pack("{s:s, s:s, s:s, s:O}", "destination",
					      config->tmpfs.items[i].destination, "type", "tmpfs",
					      "source", "tmpfs", "options", options)) < 0) {
			json_decref(options);
			return -ENOMEM;
		}
		json_decref(options);
	}
	return 0;
}

static int set_number(json_t *object, const char *part, const char *key, uint64_t number)
{
	json_t *inner = json_object_get(object, part);

	if (!number)
		return 0;
	if (!inner) {
		inner = json_object();
		if (json_set(object, part, inner) < 0)
			return -ENOMEM;
	}
	return json_set(inner, key, json_integer((json_int_t)number));
}

static int write_limits(const struct start_config *config, json_t *resources)
{
	if (set_number(resources, "memory", "limit", config->memory) < 0 ||
	    set_number(resources, "pids", "limit", config->pids) < 0 ||
	    set_number(resources, "cpu", "quota", config->cpu_quota) < 0 ||
	    set_number(resources, "cpu", "period", config->cpu_period) < 0)
		return -ENOMEM;
	return 0;
}

static int write_stop_signal(const struct start_config *config, json_t *start)
{
	return config->stop_signal ? json_set(start, "annotations",
					      json_pack("{s:s}", START_STOP_SIGNAL,
							config->stop_signal))
				   : 0;
}

json_t *start_config_json(const struct start_config *config)
{
	json_auto_t *args = strings_json(&config->args), *start = NULL;
	json_t *linux_part;

	start = args ? oci_start_default(args) : NULL;
	linux_part = json_object_get(start, "linux");
	if (!start || write_process(config, json_object_get(start, "process")) < 0 ||
	    write_tmpfs(config, json_object_get(start, "mounts")) < 0 ||
	    write_limits(config, json_object_get(linux_part, "resources")) < 0 ||
	    write_stop_signal(config, start) < 0 ||
	    json_set(json_object_get(start, "root"), "readonly", json_boolean(config->readonly)) < 0 ||
	    (config->hostname && json_set(start, "hostname", json_string(config->hostname)) < 0))
		return NULL;
	return json_incref(start);
}
