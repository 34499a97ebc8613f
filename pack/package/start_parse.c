// SPDX-License-Identifier: BSD-2-Clause
/* config.json, from bytes to checked fields. */
#include "pack/package/start_config.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "db/base/json.h"
#include "pack/oci/config.h"
#include "pack/oci/signal.h"
#include "pack/package/start_asks.h"
#include "pack/package/start_mounts.h"
#include "pack/package/start_read.h"

/* ---- process ---- */

static int take_args(struct start_config *config, const json_t *process, struct error *err)
{
	int r = start_read_strings(process, "args", "process.args", &config->args, err);

	if (r == 0 && (config->args.count == 0 || !*config->args.items[0]))
		return start_wrong(err, "process.args has nothing to start");
	return r;
}

static int take_env(struct start_config *config, const json_t *process, struct error *err)
{
	int r = start_read_strings(process, "env", "process.env", &config->env, err);

	for (size_t i = 0; r == 0 && i < config->env.count; i++) {
		const char *variable = config->env.items[i];

		if (variable[0] == '=' || !strchr(variable, '='))
			return start_wrong(err, "process.env[%zu] is '%.60s', not NAME=VALUE", i,
					   variable);
	}
	return r;
}

static int take_cwd(struct start_config *config, const json_t *process, struct error *err)
{
	const char *cwd = "/";
	int r = start_read_text(process, "cwd", "process.cwd", &cwd, err);

	if (r == 0 && (cwd[0] != '/' || strlen(cwd) >= PATH_MAX))
		return start_wrong(err, "process.cwd is '%.60s', not an absolute path", cwd);
	if (r == 0)
		config->cwd = path_canonicalize(cwd);
	return r < 0 || config->cwd ? r : error_oom(err);
}

static int take_user(struct start_config *config, const json_t *process, struct error *err)
{
	const json_t *user, *groups, *group;
	uint64_t id = 0;
	size_t i;
	int r = start_read_object(process, "user", "process.user", &user, err);

	if (r == 0)
		r = start_read_number(user, "uid", "process.user.uid", UINT32_MAX - 1, &id, err);
	config->uid = (uint32_t)id;
	id = 0;
	if (r == 0)
		r = start_read_number(user, "gid", "process.user.gid", UINT32_MAX - 1, &id, err);
	config->gid = (uint32_t)id;
	if (r == 0)
		r = start_read_list(user, "additionalGids", "process.user.additionalGids", &groups, err);
	json_array_foreach((json_t *)(r == 0 ? groups : NULL), i, group) {
		json_int_t gid = json_integer_value(group);

		if (!json_is_integer(group) || gid < 0 || gid >= UINT32_MAX)
			return start_wrong(err, "process.user.additionalGids[%zu] is no group", i);
		if (array_push(&config->groups, (uint32_t)gid) < 0)
			return error_oom(err);
	}
	return r;
}

/* All the usual ones when nothing is said; of what is said only those. */
static int take_capabilities(struct start_config *config, const json_t *process, struct error *err)
{
	_cleanup_(start_strings_release) struct start_strings names = {0};
	const json_t *capabilities;
	int r = start_read_object(process, "capabilities", "process.capabilities", &capabilities, err);

	if (r == 0)
		r = start_read_strings(capabilities, "bounding", "process.capabilities.bounding",
				       &names, err);
	for (uint32_t bit = 0; r == 0 && oci_capabilities[bit]; bit++) {
		bool wanted = !json_object_get(capabilities, "bounding");

		for (size_t i = 0; i < names.count && !wanted; i++)
			wanted = strcmp(names.items[i], oci_capabilities[bit]) == 0;
		config->capabilities |= wanted ? UINT32_C(1) << bit : 0;
	}
	return r;
}

static int take_process(struct start_config *config, const json_t *json, struct error *err)
{
	const json_t *process = json_object_get(json, "process");
	int r;

	if (!json_is_object(process))
		return start_wrong(err, "it has no process");
	r = take_args(config, process, err);
	if (r == 0)
		r = take_env(config, process, err);
	if (r == 0)
		r = take_cwd(config, process, err);
	if (r == 0)
		r = take_user(config, process, err);
	if (r == 0)
		r = take_capabilities(config, process, err);
	if (r == 0)
		r = start_read_bool(process, "noNewPrivileges", "process.noNewPrivileges",
				    &config->no_new_privileges, err);
	return r;
}

/* ---- around it ---- */

static int take_hostname(struct start_config *config, const json_t *json, struct error *err)
{
	const char *name = NULL;
	int r = start_read_text(json, "hostname", "hostname", &name, err);

	if (r < 0 || !name || !*name)
		return r;
	if (strlen(name) > 64 || strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					      "0123456789._-") != strlen(name))
		return start_wrong(err, "hostname is '%.60s', not a name of a host", name);
	config->hostname = strdup(name);
	return config->hostname ? 0 : error_oom(err);
}

static int take_root(struct start_config *config, const json_t *json, struct error *err)
{
	const json_t *root;
	const char *path = NULL;
	int r = start_read_object(json, "root", "root", &root, err);

	if (r == 0)
		r = start_read_text(root, "path", "root.path", &path, err);
	return r < 0 ? r : start_read_bool(root, "readonly", "root.readonly", &config->readonly, err);
}

static int take_limits(struct start_config *config, const json_t *json, struct error *err)
{
	const json_t *linux_part, *resources = NULL, *memory = NULL, *pids = NULL, *cpu = NULL;
	int r = start_read_object(json, "linux", "linux", &linux_part, err);

	if (r == 0)
		r = start_read_object(linux_part, "resources", "linux.resources", &resources, err);
	if (r == 0)
		r = start_read_object(resources, "memory", "linux.resources.memory", &memory, err);
	if (r == 0)
		r = start_read_object(resources, "pids", "linux.resources.pids", &pids, err);
	if (r == 0)
		r = start_read_object(resources, "cpu", "linux.resources.cpu", &cpu, err);
	if (r == 0)
		r = start_read_limit(memory, "limit", "linux.resources.memory.limit", &config->memory,
				     err);
	if (r == 0)
		r = start_read_limit(pids, "limit", "linux.resources.pids.limit", &config->pids, err);
	if (r == 0)
		r = start_read_limit(cpu, "quota", "linux.resources.cpu.quota", &config->cpu_quota,
				     err);
	if (r == 0)
		r = start_read_limit(cpu, "period", "linux.resources.cpu.period",
				     &config->cpu_period, err);
	return r;
}

/* ---- how to stop it ---- */

/* As umoci and others write it; of an image in a package it stands in sfc/image.json. */
static int take_stop_signal(struct start_config *config, const json_t *json, struct error *err)
{
	const json_t *annotations;
	const char *name = NULL;
	int r = start_read_object(json, "annotations", "annotations", &annotations, err);

	if (r == 0)
		r = start_read_text(annotations, START_STOP_SIGNAL, START_STOP_SIGNAL, &name, err);
	if (r < 0 || !name)
		return r;
	if (!oci_signal_is_known(name))
		return start_wrong(err, "the stop signal '%.60s' is no signal", name);
	config->stop_signal = strdup(name);
	return config->stop_signal ? 0 : error_oom(err);
}

int start_config_from_json(const json_t *json, struct start_config *config, struct error *err)
{
	const char *version = NULL;
	int r;

	if (!json_is_object(json))
		return start_wrong(err, "it is not an object");
	r = start_read_text(json, "ociVersion", "ociVersion", &version, err);
	if (r == 0 && !version)
		return start_wrong(err, "it has no ociVersion");
	if (r == 0)
		r = take_process(config, json, err);
	if (r == 0)
		r = take_root(config, json, err);
	if (r == 0)
		r = take_hostname(config, json, err);
	if (r == 0)
		r = start_mounts_read(json, config, err);
	if (r == 0)
		r = take_limits(config, json, err);
	if (r == 0)
		r = take_stop_signal(config, json, err);
	return r < 0 ? r : start_asks_read(json, config, err);
}

int start_config_parse(const char *data, size_t size, struct start_config *config,
		       struct error *err)
{
	json_auto_t *json = NULL;
	int r = json_read(data, size, START_CONFIG_MAX, &json, err);

	return r < 0 ? error_prefix(err, r, "config.json") : start_config_from_json(json, config, err);
}
