// SPDX-License-Identifier: BSD-2-Clause
/* linux.resources and linux.devices of config.json: how much it may have, and which devices. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "db/base/json.h"
#include "stage/container/private.h"
#include "stage/container/weights.h"

enum { PIDS_DEFAULT = 2048, PERIOD = 100000 };

static json_t *device_rule(bool allow, const char *type, dev_t device, const char *access)
{
	json_t *rule = json_object();

	json_set(rule, "allow", json_boolean(allow));
	if (type) {
		json_set(rule, "type", json_string(type));
		json_set(rule, "major", json_integer(major(device)));
		json_set(rule, "minor", json_integer(minor(device)));
	}
	json_set(rule, "access", json_string(access));
	return rule;
}

static json_t *rates(const struct spec_rate *items, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++) {
		json_t *item = json_object();
		struct stat st;

		if (stat(items[i].device, &st) < 0 || !S_ISBLK(st.st_mode))
			memset(&st, 0, sizeof(st)); /* refused by config_devices() */
		json_set(item, "major", json_integer(major(st.st_rdev)));
		json_set(item, "minor", json_integer(minor(st.st_rdev)));
		json_set(item, "rate", json_integer((json_int_t)items[i].rate));
		json_array_append_new(list, item);
	}
	return list;
}

static void add_memory(const struct spec *spec, json_t *resources)
{
	json_t *memory = json_object();

	if (spec->memory)
		json_set(memory, "limit", json_integer((json_int_t)spec->memory));
	if (spec->memory_reservation)
		json_set(memory, "reservation", json_integer((json_int_t)spec->memory_reservation));
	json_set(resources, "memory", memory);
}

static void add_cpu(const struct spec *spec, json_t *resources)
{
	json_t *cpu = json_object();

	if (spec->cpus_milli) {
		json_set(cpu, "quota", json_integer((json_int_t)spec->cpus_milli * (PERIOD / 1000)));
		json_set(cpu, "period", json_integer(PERIOD));
	}
	if (spec->cpu_weight)
		json_set(cpu, "shares",
			 json_integer((json_int_t)cpu_shares_of_weight(spec->cpu_weight)));
	json_set(resources, "cpu", cpu);
}

static void add_block(const struct container *container, json_t *resources)
{
	const struct spec *spec = container->request->spec;
	json_t *block = json_object();

	/* of version 1 cgroup_check_limits() sets it */
	if (spec->io_weight && container->cgroup.version != CGROUP_V1)
		json_set(block, "weight",
			 json_integer((json_int_t)block_weight_of_weight(spec->io_weight)));
	if (spec->read_rates.count)
		json_set(block, "throttleReadBpsDevice",
			 rates(spec->read_rates.items, spec->read_rates.count));
	if (spec->write_rates.count)
		json_set(block, "throttleWriteBpsDevice",
			 rates(spec->write_rates.items, spec->write_rates.count));
	json_set(resources, "blockIO", block);
}

json_t *config_resources(const struct container *container)
{
	const struct spec *spec = container->request->spec;
	json_t *resources = json_object(), *devices = json_array(), *pids = json_object();

	json_array_append_new(devices, device_rule(spec->privileged, NULL, 0, "rwm"));
	json_set(resources, "devices", devices);
	if (spec->memory || spec->memory_reservation)
		add_memory(spec, resources);
	if (spec->cpus_milli || spec->cpu_weight)
		add_cpu(spec, resources);
	if (spec->io_weight || spec->read_rates.count || spec->write_rates.count)
		add_block(container, resources);
	json_set(pids, "limit", json_integer(spec->pids ? (json_int_t)spec->pids : PIDS_DEFAULT));
	if (spec->pids || cgroup_has(&container->cgroup, "pids"))
		json_set(resources, "pids", pids);
	else
		json_decref(pids);
	return resources;
}

/* --- devices --- */

static int check_rates(const struct spec_rate *items, size_t count, struct error *err)
{
	struct stat st;

	for (size_t i = 0; i < count; i++)
		if (stat(items[i].device, &st) < 0 || !S_ISBLK(st.st_mode))
			return error_set(err, -EINVAL, "'%s' is not a block device", items[i].device);
	return 0;
}

static int add_device(const struct spec_device *asked, json_t *allowed, json_t *devices,
		      struct error *err)
{
	const char *type, *access = asked->access[0] ? asked->access : "rwm";
	json_t *item;
	struct stat st;

	if (stat(asked->path, &st) < 0)
		return error_errno(err, "cannot use the device '%s'", asked->path);
	if (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode))
		return error_set(err, -EINVAL, "'%s' is not a device", asked->path);
	type = S_ISCHR(st.st_mode) ? "c" : "b";
	item = json_object();
	json_set(item, "path", json_string(asked->inside ? asked->inside : asked->path));
	json_set(item, "type", json_string(type));
	json_set(item, "major", json_integer(major(st.st_rdev)));
	json_set(item, "minor", json_integer(minor(st.st_rdev)));
	json_set(item, "fileMode", json_integer(st.st_mode & 0777));
	json_set(item, "uid", json_integer(st.st_uid));
	json_set(item, "gid", json_integer(st.st_gid));
	if (json_array_append_new(devices, item) < 0 ||
	    json_array_append_new(allowed, device_rule(true, type, st.st_rdev, access)) < 0)
		return error_oom(err);
	return 0;
}

int config_devices(const struct container *container, json_t *allowed, json_t **ret_devices,
		   struct error *err)
{
	const struct spec *spec = container->request->spec;
	json_t *devices = json_array();
	int r = check_rates(spec->read_rates.items, spec->read_rates.count, err);

	if (r == 0)
		r = check_rates(spec->write_rates.items, spec->write_rates.count, err);
	for (size_t i = 0; r == 0 && i < spec->devices.count; i++)
		r = add_device(&spec->devices.items[i], allowed, devices, err);
	if (r < 0)
		json_decref(devices);
	else
		*ret_devices = devices;
	return r;
}
