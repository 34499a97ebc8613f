// SPDX-License-Identifier: BSD-2-Clause
#include "pack/engine/facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/json.h"
#include "db/base/path.h"

/* The strings of a list; `instead` for what is no string, or nothing. */
static int add_strings(struct fact_list *facts, const json_t *list, const char *instead)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));

		text = text ? text : instead;
		if (text)
			r = array_push(facts, text);
	}
	return r;
}

static void read_limits(const json_t *config, struct facts *facts)
{
	const json_t *resources = json_object_get(json_object_get(config, "linux"), "resources");
	const json_t *memory = json_object_get(resources, "memory");
	const json_t *pids = json_object_get(resources, "pids");
	const json_t *cpu = json_object_get(resources, "cpu");
	json_int_t quota = json_integer_value(json_object_get(cpu, "quota"));
	json_int_t period = json_integer_value(json_object_get(cpu, "period"));

	facts->memory = json_integer_value(json_object_get(memory, "limit"));
	facts->memory_reservation = json_integer_value(json_object_get(memory, "reservation"));
	facts->processes = json_integer_value(json_object_get(pids, "limit"));
	if (quota > 0 && quota < INT64_MAX / 1000)
		facts->cpus_milli = quota * 1000 / (period > 0 ? period : 100000);
}

static int read_groups(const json_t *user, struct facts *facts)
{
	const json_t *group;
	size_t i;
	int r = 0;

	json_array_foreach((json_t *)json_object_get(user, "additionalGids"), i, group)
		if (r == 0)
			r = array_push(&facts->groups, json_integer_value(group));
	return r;
}

static bool is_ours(const char *destination)
{
	return path_is_within(destination, "/proc") || path_is_within(destination, "/sys") ||
	       path_is_within(destination, "/dev");
}

/* Memory in the place of a directory; what every container has is not said. */
static int read_tmpfs(const json_t *config, struct facts *facts)
{
	const json_t *mount;
	size_t i;
	int r = 0;

	json_array_foreach((json_t *)json_object_get(config, "mounts"), i, mount) {
		const char *type = json_text(mount, "type"), *destination = json_text(mount, "destination");

		if (r == 0 && type && destination && strcmp(type, "tmpfs") == 0 && !is_ours(destination))
			r = array_push(&facts->tmpfs, ((struct fact_mount){.destination = destination,
									  .options = json_object_get(mount, "options")}));
	}
	return r;
}

/* "80/tcp": {}; they were checked when the image's configuration was read. */
static int read_ports(const struct image_config *own, struct facts *facts)
{
	const char *key;
	json_t *none;
	int r = 0;

	json_object_foreach(image_config_member(own, "ExposedPorts"), key, none) {
		const char *slash = strchr(key, '/');

		if (r == 0)
			r = array_push(&facts->ports, ((struct fact_port){.port = (uint16_t)strtoul(key, NULL, 10),
									  .protocol = slash ? slash + 1 : "tcp"}));
	}
	json_object_foreach(image_config_member(own, "Volumes"), key, none)
		if (r == 0)
			r = array_push(&facts->volumes, key);
	return r;
}

/* HEALTHCHECK: a command, or one for a shell, which is the image's. */
static int read_health(const struct image_config *own, struct facts *facts)
{
	const json_t *health = image_config_member(own, "Healthcheck"), *test = json_object_get(health, "Test");
	const json_t *shell = image_config_member(own, "Shell");
	const char *how = json_string_value(json_array_get(test, 0));
	struct fact_check *check = &facts->health;
	int r = 0;

	if (!how || strcmp(how, "NONE") == 0 || json_array_size(test) < 2)
		return 0;
	check->how = CHECK_EXEC;
	check->interval_ns = json_integer_value(json_object_get(health, "Interval"));
	check->timeout_ns = json_integer_value(json_object_get(health, "Timeout"));
	check->start_ns = json_integer_value(json_object_get(health, "StartPeriod"));
	check->retries = json_integer_value(json_object_get(health, "Retries"));
	if (strcmp(how, "CMD-SHELL") == 0 && json_array_size(shell))
		r = add_strings(&check->command, shell, NULL);
	else if (strcmp(how, "CMD-SHELL") == 0 && (array_push(&check->command, "/bin/sh") < 0 ||
						   array_push(&check->command, "-c") < 0))
		r = -ENOMEM;
	for (size_t i = 1; r == 0 && i < json_array_size(test); i++)
		r = array_push(&check->command, json_string_value(json_array_get(test, i)));
	return r;
}

/* "web" of "registry.example:5000/a/web:1.2@sha256:…": what a container can be called. */
static void name_of(const char *image, char name[64])
{
	const char *last = image, *end = strchr(image, '@');
	size_t length = end ? (size_t)(end - image) : strlen(image);

	for (size_t i = 0; i < length; i++)
		if (image[i] == '/')
			last = image + i + 1;
	length -= (size_t)(last - image);
	snprintf(name, 64, "%.*s", (int)(strcspn(last, ":@") < length ? strcspn(last, ":@") : length), last);
}

int facts_read(const json_t *config, const struct image_config *own, const char *image,
	       struct facts *ret_facts, struct error *err)
{
	const json_t *process = json_object_get(config, "process");
	const json_t *user = json_object_get(process, "user");
	const char *stop = json_text(json_object_get(config, "annotations"),
				     "org.opencontainers.image.stopSignal");
	const char *of_image = json_string_value(image_config_member(own, "StopSignal"));
	const char *hostname = json_text(config, "hostname");
	struct facts *facts = ret_facts;

	*facts = (struct facts){
		.config = config,
		.own = own,
		.image = image,
		.cwd = json_text(process, "cwd"),
		/* what oci_start_default() says is what nobody said */
		.hostname = hostname && strcmp(hostname, "sfc") != 0 ? hostname : NULL,
		.uid = json_integer_value(json_object_get(user, "uid")),
		.gid = json_integer_value(json_object_get(user, "gid")),
		.no_new_privileges = json_is_true(json_object_get(process, "noNewPrivileges")),
		.grace_ms = -1,
		.stop_signal = stop			 ? stop
			       : of_image && *of_image ? of_image
						       : "SIGTERM",
		.all_capabilities = !json_object_get(process, "capabilities"),
	};
	name_of(image, facts->name);
	read_limits(config, facts);
	if (add_strings(&facts->args, json_object_get(process, "args"), "") < 0 ||
	    add_strings(&facts->env, json_object_get(process, "env"), NULL) < 0 ||
	    add_strings(&facts->capabilities,
			json_object_get(json_object_get(process, "capabilities"), "bounding"), "") < 0 ||
	    read_groups(user, facts) < 0 || read_tmpfs(config, facts) < 0 || read_ports(own, facts) < 0 ||
	    read_health(own, facts) < 0)
		return error_oom(err);
	return 0;
}

void facts_release(struct facts *facts)
{
	json_decref(facts->asked);
	array_release(&facts->args);
	array_release(&facts->env);
	array_release(&facts->capabilities);
	array_release(&facts->cap_added);
	array_release(&facts->groups);
	array_release(&facts->ports);
	array_release(&facts->volumes);
	array_release(&facts->publish);
	array_release(&facts->mounts);
	array_release(&facts->tmpfs);
	array_release(&facts->written);
	array_release(&facts->written_over);
	array_release(&facts->devices);
	array_release(&facts->ready.command);
	array_release(&facts->probe.command);
	array_release(&facts->health.command);
	for (size_t i = 0; i < facts->owned.count; i++)
		free(facts->owned.items[i]);
	array_release(&facts->owned);
}

void facts_list_release(struct fact_list *list)
{
	array_release(list);
}

const char *facts_capability(const char *name)
{
	return strncmp(name, "CAP_", 4) == 0 ? name + 4 : name;
}

/* What stage's containers are given (stage/container), and podman's. */
static bool is_default(const char *name)
{
	static const char *const names[] = {
		"CHOWN",   "DAC_OVERRIDE", "FOWNER",  "FSETID", "KILL",	      "NET_BIND_SERVICE",
		"SETFCAP", "SETGID",	   "SETPCAP", "SETUID", "SYS_CHROOT",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(names[i], facts_capability(name)) == 0)
			return true;
	return false;
}

static bool is_added(const struct facts *facts, const char *name)
{
	for (size_t i = 0; i < facts->cap_added.count; i++)
		if (strcmp(facts->cap_added.items[i], name) == 0)
			return true;
	return false;
}

int facts_granted(const struct facts *facts, struct fact_list *ret_list)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < facts->capabilities.count; i++) {
		const char *name = facts->capabilities.items[i];

		if (is_added(facts, name) || ((facts->uid == 0 || facts->set_id) && is_default(name)))
			r = array_push(ret_list, name);
	}
	return r;
}

const char *facts_keep(struct facts *facts, char *string)
{
	if (string && array_push(&facts->owned, string) == 0)
		return string;
	free(string);
	return NULL;
}
