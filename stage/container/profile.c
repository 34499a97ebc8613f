// SPDX-License-Identifier: BSD-2-Clause
#include "stage/container/profile.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "db/base/json.h"
#include "stage/container/capabilities.h"

struct machine {
	const char *go; /* as profiles spell an architecture in includes and excludes */
	uint64_t capabilities;
};

/* libseccomp's words and Go's. */
static const struct {
	const char *scmp, *go;
} architectures[] = {
	{"SCMP_ARCH_X86", "x86"},         {"SCMP_ARCH_X86_64", "amd64"},
	{"SCMP_ARCH_AARCH64", "arm64"},   {"SCMP_ARCH_ARM", "arm"},
	{"SCMP_ARCH_PPC64LE", "ppc64le"}, {"SCMP_ARCH_S390X", "s390x"},
	{"SCMP_ARCH_RISCV64", "riscv64"}, {"SCMP_ARCH_MIPSEL64", "mips64le"},
};

static bool has_text(const json_t *list, const char *text)
{
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item)
		if (json_is_string(item) && strcmp(json_string_value(item), text) == 0)
			return true;
	return false;
}

static bool any_capability(const json_t *list, uint64_t set)
{
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item)
		if (json_is_string(item) && capability_has(set, json_string_value(item)))
			return true;
	return false;
}

static bool all_capabilities(const json_t *list, uint64_t set)
{
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item)
		if (!json_is_string(item) || !capability_has(set, json_string_value(item)))
			return false;
	return true;
}

static bool kernel_is_older(const char *wanted)
{
	unsigned int major, minor, have_major, have_minor;
	struct utsname name;

	if (uname(&name) < 0 || sscanf(wanted, "%u.%u", &major, &minor) != 2 ||
	    sscanf(name.release, "%u.%u", &have_major, &have_minor) != 2)
		return true;
	return have_major < major || (have_major == major && have_minor < minor);
}

static bool rule_holds(const json_t *rule, const struct machine *machine)
{
	const json_t *in = json_object_get(rule, "includes"), *out = json_object_get(rule, "excludes");
	const json_t *arches = json_object_get(in, "arches");
	const char *kernel = json_string_value(json_object_get(in, "minKernel"));

	if (has_text(json_object_get(out, "arches"), machine->go) ||
	    any_capability(json_object_get(out, "caps"), machine->capabilities))
		return false;
	if (json_array_size(arches) && !has_text(arches, machine->go))
		return false;
	if (kernel && kernel_is_older(kernel))
		return false;
	return all_capabilities(json_object_get(in, "caps"), machine->capabilities);
}

/* A member of the right type, copied; nothing when it is not there. */
static int copy_member(const json_t *from, const char *key, json_type type, json_t *to)
{
	json_t *value = json_object_get(from, key);

	if (!value || json_is_null(value))
		return 0;
	if (json_typeof(value) != type)
		return -EBADMSG;
	return json_set(to, key, json_incref(value));
}

static int copy_arguments(const json_t *rule, json_t *to)
{
	static const char *const numbers[] = {"index", "value", "valueTwo"};
	const json_t *args = json_object_get(rule, "args");
	json_t *list, *item;
	size_t i;
	int r = 0;

	if (!json_array_size(args))
		return 0;
	list = json_array();
	json_array_foreach(args, i, item) {
		json_t *arg = json_object();

		for (size_t n = 0; r == 0 && n < sizeof(numbers) / sizeof(*numbers); n++)
			r = copy_member(item, numbers[n], JSON_INTEGER, arg);
		if (r == 0)
			r = copy_member(item, "op", JSON_STRING, arg);
		if (json_array_append_new(list, arg) < 0 && r == 0)
			r = -ENOMEM;
	}
	if (r < 0)
		json_decref(list);
	return r < 0 ? r : json_set(to, "args", list);
}

static int copy_names(const json_t *rule, json_t *to)
{
	const json_t *names = json_object_get(rule, "names");
	const json_t *name = json_object_get(rule, "name");
	json_t *list = json_array(), *item;
	size_t i;

	if (json_is_string(name))
		json_array_append(list, (json_t *)name);
	json_array_foreach(names, i, item)
		if (json_is_string(item))
			json_array_append(list, item);
	return json_set(to, "names", list);
}

static int add_rule(const json_t *rule, json_t *rules)
{
	json_t *copy = json_object();
	int r = copy_names(rule, copy);

	if (r == 0)
		r = copy_member(rule, "action", JSON_STRING, copy);
	if (r == 0)
		r = copy_member(rule, "errnoRet", JSON_INTEGER, copy);
	if (r == 0)
		r = copy_arguments(rule, copy);
	if (json_array_append_new(rules, copy) < 0 && r == 0)
		r = -ENOMEM;
	return r;
}

/* The machine's own architecture, and those it can run besides. */
static int add_architectures(const json_t *profile, const char *native, json_t *rules)
{
	json_t *list = json_array(), *entry, *sub;
	size_t i, j;

	json_array_append_new(list, json_string(native));
	json_array_foreach(json_object_get(profile, "archMap"), i, entry) {
		const char *of = json_string_value(json_object_get(entry, "architecture"));

		if (!of || strcmp(of, native) != 0)
			continue;
		json_array_foreach(json_object_get(entry, "subArchitectures"), j, sub)
			if (json_is_string(sub))
				json_array_append(list, sub);
	}
	return json_set(rules, "architectures", list);
}

static const char *go_architecture(const char *native)
{
	for (size_t i = 0; i < sizeof(architectures) / sizeof(*architectures); i++)
		if (strcmp(architectures[i].scmp, native) == 0)
			return architectures[i].go;
	return "";
}

static int choose(const json_t *profile, const char *native, const struct machine *machine,
		  json_t *rules)
{
	const json_t *syscalls = json_object_get(profile, "syscalls");
	json_t *chosen = json_array(), *rule;
	size_t i;
	int r = copy_member(profile, "defaultAction", JSON_STRING, rules);

	if (r == 0)
		r = copy_member(profile, "defaultErrnoRet", JSON_INTEGER, rules);
	if (r == 0)
		r = add_architectures(profile, native, rules);
	json_array_foreach(syscalls, i, rule)
		if (r == 0 && rule_holds(rule, machine))
			r = add_rule(rule, chosen);
	if (r == 0 && !json_object_get(rules, "defaultAction"))
		r = -EBADMSG;
	if (r < 0)
		json_decref(chosen);
	return r < 0 ? r : json_set(rules, "syscalls", chosen);
}

int profile_rules(const json_t *profile, const char *name, const char *native,
		  uint64_t capabilities, json_t **ret_rules, struct error *err)
{
	struct machine machine = {.go = go_architecture(native), .capabilities = capabilities};
	json_t *rules = json_object();
	int r = rules ? choose(profile, native, &machine, rules) : -ENOMEM;

	if (r == 0) {
		*ret_rules = rules;
		return 0;
	}
	json_decref(rules);
	return r == -ENOMEM ? error_oom(err)
			    : error_set(err, r, "'%s' is not a seccomp profile", name);
}
