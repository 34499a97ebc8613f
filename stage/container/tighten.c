// SPDX-License-Identifier: BSD-2-Clause
#include "stage/container/tighten.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "db/base/json.h"
#include "pack/elf/families.h"

#define ALLOW "SCMP_ACT_ALLOW"
#define NOTIFY "SCMP_ACT_NOTIFY"

static bool allows(const json_t *rule)
{
	const char *action = json_text(rule, "action");

	return action && (strcmp(action, ALLOW) == 0 || strcmp(action, "SCMP_ACT_LOG") == 0 ||
			  strcmp(action, "SCMP_ACT_TRACE") == 0);
}

static bool is_among(const char *const *names, const char *name)
{
	for (; *names; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

/*
 * One rule more, for these names (taken), by an action that is an errno where `error` is one. Of two about one call
 * libseccomp takes the first, so it stands in front.
 */
static int add_rule(json_t *rules, json_t *names, const char *action, int error, json_t *args)
{
	json_t *rule = json_pack("{s:o, s:s}", "names", names, "action", error ? "SCMP_ACT_ERRNO" : action);

	if (!rule) {
		json_decref(args);
		return -ENOMEM;
	}
	if (error)
		json_set(rule, "errnoRet", json_integer(error));
	if (args)
		json_set(rule, "args", args);
	return json_array_insert_new(json_object_get(rules, "syscalls"), 0, rule) < 0 ? -ENOMEM : 0;
}

/* Out of every rule that allows one; *ret_any: there was one. */
static void take_out(json_t *rules, const char *const *names, bool *ret_any)
{
	json_t *list = json_object_get(rules, "syscalls"), *rule, *name;
	size_t i, j;

	*ret_any = false;
	json_array_foreach(list, i, rule) {
		json_t *of_rule = json_object_get(rule, "names"), *left = json_array();

		if (!allows(rule)) {
			json_decref(left);
			continue;
		}
		json_array_foreach(of_rule, j, name) {
			if (!is_among(names, json_string_value(name)))
				json_array_append(left, name);
			else
				*ret_any = true;
		}
		json_object_set_new(rule, "names", left);
	}
}

static json_t *list_of(const char *const *names)
{
	json_t *list = json_array();

	for (; *names; names++)
		json_array_append_new(list, json_string(*names));
	return list;
}

static int refuse(json_t *rules, const char *const *names, int error)
{
	bool any;

	take_out(rules, names, &any);
	return *names ? add_rule(rules, list_of(names), NULL, error, NULL) : 0;
}

/* On that machine the stack comes first. */
static int flags_index(const json_t *rules)
{
	const char *native = json_string_value(json_array_get(json_object_get(rules, "architectures"), 0));

	return native && strstr(native, "S390") ? 1 : 0;
}

static json_t *masked(const json_t *rules, uint64_t mask, uint64_t value)
{
	return json_pack("[{s:i, s:I, s:I, s:s}]", "index", flags_index(rules), "value", (json_int_t)mask, "valueTwo",
			 (json_int_t)value, "op", "SCMP_CMP_MASKED_EQ");
}

/* clone(2) by its flags, where it is allowed at all; watched: with a namespace it is asked about, else refused. */
static int part_clone(json_t *rules, bool watched)
{
	static const char *const clone[] = {"clone", NULL}, *const clone3[] = {"clone3", NULL};
	bool any;
	int r;

	take_out(rules, clone, &any);
	if (!any)
		return 0;
	r = add_rule(rules, json_pack("[s]", "clone"), ALLOW, 0, masked(rules, FAMILY_CLONE_FLAGS, 0));
	for (uint64_t flag = 1; r == 0 && flag <= FAMILY_CLONE_FLAGS; flag <<= 1)
		if (flag & FAMILY_CLONE_FLAGS)
			r = add_rule(rules, json_pack("[s]", "clone"), NOTIFY, watched ? 0 : EPERM, masked(rules, flag, flag));
	/* libraries then take the older one */
	return r < 0 ? r : refuse(rules, clone3, ENOSYS);
}

static int only_native(json_t *rules)
{
	json_t *list = json_object_get(rules, "architectures");

	while (json_array_size(list) > 1)
		json_array_remove(list, json_array_size(list) - 1);
	return 0;
}

int tighten_rules(json_t *rules, uint32_t families)
{
	int r = 0;

	for (unsigned int i = 0; r == 0 && i < FAMILIES; i++)
		if (families & FAMILY_BIT(i))
			r = refuse(rules, family_calls(i), family_errno(i));
	if (r == 0 && (families & FAMILY_BIT(FAMILY_NAMESPACES)))
		r = part_clone(rules, false);
	if (r == 0 && (families & FAMILY_BIT(FAMILY_FOREIGN)))
		r = only_native(rules);
	return r;
}

static int watch(json_t *rules, const char *const *names)
{
	json_t *taken = json_array(), *list = json_object_get(rules, "syscalls"), *rule, *name;
	size_t i, j;
	bool any;

	json_array_foreach(list, i, rule)
		if (allows(rule) && !json_array_size(json_object_get(rule, "args")))
			json_array_foreach(json_object_get(rule, "names"), j, name)
				if (is_among(names, json_string_value(name)))
					json_array_append(taken, name);
	take_out(rules, names, &any);
	return add_rule(rules, taken, NOTIFY, 0, NULL);
}

int tighten_watch(json_t *rules, const char *const *names)
{
	int r = watch(rules, names);

	for (unsigned int i = 0; r == 0 && i < FAMILIES; i++)
		r = watch(rules, family_calls(i));
	return r < 0 ? r : part_clone(rules, true);
}
