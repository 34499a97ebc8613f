// SPDX-License-Identifier: BSD-2-Clause
/* config.json of one start: written from known fields, every one of them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "db/base/text.h"
#include "stage/container/capabilities.h"
#include "stage/container/private.h"

static json_t *strings(const char *const *items)
{
	json_t *list = json_array();

	for (; *items; items++)
		json_array_append_new(list, json_string(*items));
	return list;
}

/* --- namespaces --- */

static int add_namespace(json_t *list, const char *type, const char *path)
{
	json_t *item = json_object();

	json_set(item, "type", json_string(type));
	if (path)
		json_set(item, "path", json_string(path));
	return json_array_append_new(list, item);
}

/* The namespace of somebody else's process, or one of its own. */
static void add_beside(json_t *list, const char *type, pid_t beside)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)beside, type);
	add_namespace(list, type, beside ? path : NULL);
}

static json_t *namespaces(const struct container *container)
{
	pid_t beside = container->request->beside;
	json_t *list = json_array();
	char path[64];

	/* ours to lend, as the network below: the runtime finds it as a descriptor of this process */
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)getpid(), container->init.namespace);
	if (container->init.pid)
		add_namespace(list, "pid", path);
	else
		add_beside(list, "pid", beside);
	add_beside(list, "ipc", beside);
	add_namespace(list, "uts", NULL);
	add_namespace(list, "mount", NULL);
	if (access("/proc/self/ns/cgroup", F_OK) == 0)
		add_namespace(list, "cgroup", NULL);
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)getpid(), container->network.namespace);
	if (container->network.namespace >= 0)
		add_namespace(list, "network", path);
	return list;
}

/* --- masked --- */

/* Podman's, and docker's powercap: what tells of or steers the machine. */
static const char *const masked[] = {
	"/proc/acpi",
	"/proc/asound",
	"/proc/interrupts",
	"/proc/kcore",
	"/proc/keys",
	"/proc/latency_stats",
	"/proc/sched_debug",
	"/proc/scsi",
	"/proc/timer_list",
	"/proc/timer_stats",
	"/sys/dev/block",
	"/sys/devices/virtual/powercap",
	"/sys/firmware",
	"/sys/fs/selinux",
	NULL,
};

static const char *const read_only[] = {
	"/proc/bus",
	"/proc/fs",
	"/proc/irq",
	"/proc/sys",
	"/proc/sysrq-trigger",
	NULL,
};

static json_t *annotations(const struct container *container)
{
	json_t *object = json_object();

	json_set(object, SECCOMP_ANNOTATION, json_string(container->seccomp.filter));
	return object;
}

static json_t *linux_part(struct container *container, struct error *err)
{
	const struct spec *spec = container->request->spec;
	_cleanup_(freep) char *path = cgroup_for_runtime(&container->cgroup);
	_cleanup_(freep) char *listener = learn_socket(container->work);
	json_t *object = json_object(), *resources = config_resources(container), *devices;
	int r = config_devices(container, json_object_get(resources, "devices"), &devices, err);

	if (r < 0) {
		json_decref(object);
		json_decref(resources);
		return NULL;
	}
	json_set(object, "namespaces", namespaces(container));
	json_set(object, "rootfsPropagation", json_string("rprivate"));
	json_set(object, "devices", devices);
	json_set(object, "resources", resources);
	if (container->cgroup.version != CGROUP_NONE)
		json_set(object, "cgroupsPath", json_string(path ? path : ""));
	if (!spec->privileged) {
		json_set(object, "maskedPaths", strings(masked));
		json_set(object, "readonlyPaths", strings(read_only));
	}
	if (container->seccomp.rules)
		json_set(object, "seccomp", json_incref(container->seccomp.rules));
	if (container->learned)
		json_set(json_object_get(object, "seccomp"), "listenerPath", json_string(listener ? listener : ""));
	return object;
}

static json_t *root_part(const struct container *container)
{
	json_t *root = json_object();

	json_set(root, "path", json_string(container->root));
	json_set(root, "readonly", json_boolean(container->request->spec->read_only));
	return root;
}

int config_make(struct container *container, json_t **ret_config, struct error *err)
{
	const struct spec *spec = container->request->spec;
	json_t *config = json_object(), *mounts = NULL, *linux_object;
	char host[256] = "localhost";
	int r = config_mounts(container, &mounts, err);

	linux_object = r < 0 ? NULL : linux_part(container, err);
	if (!linux_object) {
		json_decref(config);
		json_decref(mounts);
		return r < 0 ? r : -EINVAL;
	}
	gethostname(host, sizeof(host) - 1);
	r = json_set(config, "ociVersion", json_string("1.0.2"));
	if (r == 0)
		r = json_set(config, "root", root_part(container));
	if (r == 0)
		r = json_set(config, "hostname", json_string(spec->hostname ? spec->hostname : host));
	if (r == 0 && container->seccomp.filter)
		r = json_set(config, "annotations", annotations(container));
	if (r == 0)
		r = json_set(config, "process", config_process(container));
	if (r < 0)
		json_decref(mounts);
	else
		r = json_set(config, "mounts", mounts);
	if (r < 0)
		json_decref(linux_object);
	else
		r = json_set(config, "linux", linux_object);
	if (r < 0) {
		json_decref(config);
		return error_oom(err);
	}
	*ret_config = config;
	return 0;
}

/* The first string in it that is no UTF-8; NULL: there is none. */
static const char *find_other_text(const json_t *json)
{
	const char *found = NULL, *key;
	json_t *item, *again;
	size_t i;

	if (json_is_string(json)) {
		again = json_stringn(json_string_value(json), json_string_length(json));
		found = again ? NULL : json_string_value(json);
		json_decref(again);
	}
	json_array_foreach((json_t *)json, i, item)
	{
		if (!found)
			found = find_other_text(item);
	}
	json_object_foreach((json_t *)json, key, item)
	{
		if (!found)
			found = find_other_text(item);
	}
	return found;
}

int config_text(const json_t *config, char **ret_text, struct error *err)
{
	_cleanup_(text_release) struct text shown = TEXT_INIT;
	const char *other;

	*ret_text = json_dumps(config, JSON_COMPACT);
	if (*ret_text)
		return 0;
	other = find_other_text(config);
	if (!other)
		return error_oom(err);
	text_add_escaped(&shown, other);
	return error_set(err, -EINVAL, "'%s' is not UTF-8, and the configuration of a container cannot hold it",
			 text_failed(&shown) ? "" : shown.bytes);
}
