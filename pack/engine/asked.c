// SPDX-License-Identifier: BSD-2-Clause
#include "pack/engine/asked.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "db/base/text.h"
#include "pack/engine/asked_values.h"

/* ---- which there are ---- */

#define MEMBER(member) offsetof(struct facts, member)

static const struct setting {
	const char *name;
	asked_take *function;
	size_t offset;
	bool is_list;
} settings[] = {
	{"command", asked_word, MEMBER(args), true},
	{"env", asked_env, 0, true},
	{"user", asked_user, 0, false},
	{"cwd", asked_text, MEMBER(cwd), false},
	{"hostname", asked_text, MEMBER(hostname), false},
	{"volume", asked_volume, 0, true},
	{"tmpfs", asked_tmpfs, 0, true},
	{"network", asked_network, 0, false},
	{"publish", asked_publish, 0, true},
	{"read-only", asked_flag, MEMBER(read_only), false},
	{"memory", asked_size, MEMBER(memory), false},
	{"memory-reservation", asked_size, MEMBER(memory_reservation), false},
	{"cpus", asked_thousandths, MEMBER(cpus_milli), false},
	{"pids", asked_size, MEMBER(processes), false},
	{"cap-add", asked_capability, 1, true},
	{"cap-drop", asked_capability, 0, true},
	{"device", asked_word, MEMBER(devices), true},
	{"ready", asked_check, MEMBER(ready), false},
	{"http-probe", asked_http_probe, 0, true},
	{"exec-probe", asked_exec_probe, 0, true},
	{"no-healthcheck", asked_no_health, 0, false},
	{"health", asked_check, MEMBER(health), false},
	{"restart", asked_restart, 0, false},
	{"grace", asked_thousandths, MEMBER(grace_ms), false},
	{"count", asked_size, MEMBER(replicas), false},
	/* what no engine here has words for: known, so that it is refused as what it is */
	{"cpu-weight", asked_nothing, 0, false},	  {"io-weight", asked_nothing, 0, false},
	{"device-read-bps", asked_nothing, 0, true}, {"device-write-bps", asked_nothing, 0, true},
	{"ulimit", asked_nothing, 0, true},	  {"layer-size", asked_nothing, 0, false},
	{"seccomp", asked_nothing, 0, false},	  {"privileged", asked_nothing, 0, false},
	{"probe", asked_nothing, 0, true},	  {"timeout", asked_nothing, 0, false},
	{"runtime", asked_nothing, 0, false},	  {"runtime-arg", asked_nothing, 0, true},
	{"input", asked_nothing, 0, false},	  {"ephemeral", asked_nothing, 0, false},
	{"guard", asked_nothing, 0, false},	  {"guard-source", asked_nothing, 0, false},
	{"userns", asked_nothing, 0, false},
};

static const struct setting *find(const char *name)
{
	for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++)
		if (strcmp(settings[i].name, name) == 0)
			return &settings[i];
	return NULL;
}

/* As it may have been typed: the first of a list, nothing of a flag. */
static const char *value_text(const json_t *value)
{
	const json_t *one = json_is_array(value) ? json_array_get(value, 0) : value;

	return json_string_value(one);
}

static int take_one(struct facts *facts, const struct setting *setting, const json_t *value, struct error *err)
{
	_cleanup_(text_release) struct text shown = TEXT_INIT;
	struct error said = ERROR_INIT;
	int r = setting->function(facts, value, setting->offset, &said);

	if (r == 0)
		return 0;
	if (*said.message)
		return error_set(err, r, "%s", said.message);
	text_add_escaped(&shown, json_is_string(value) ? json_string_value(value) : "that");
	return error_set(err, r, "--%s cannot be '%.100s'", setting->name, shown.bytes);
}

static int take_all(struct facts *facts, const struct setting *setting, const json_t *value, struct error *err)
{
	const json_t *one;
	size_t i;
	int r = 0;

	if (!setting->is_list || !json_is_array(value))
		return take_one(facts, setting, value, err);
	/* a command replaces the package's */
	if (strcmp(setting->name, "command") == 0)
		facts->args.count = 0;
	json_array_foreach((json_t *)value, i, one)
		if (r == 0)
			r = take_one(facts, setting, one, err);
	return r;
}

/* The bytes that the words of it stand for (db/base/json.h), which have to be UTF-8, as all that we write is. */
static json_t *decoded(const json_t *value)
{
	_cleanup_(freep) char *bytes = NULL;
	json_auto_t *list = NULL;
	const json_t *one;
	size_t i;

	if (json_is_string(value)) {
		bytes = json_path_bytes(json_string_value(value));
		return bytes ? json_string(bytes) : NULL;
	}
	if (!json_is_array(value))
		return json_incref((json_t *)value);
	list = json_array();
	json_array_foreach((json_t *)value, i, one)
		if (json_array_append_new(list, decoded(one)) < 0)
			return NULL;
	return json_incref(list);
}

int asked_apply(const json_t *asked, struct facts *facts, struct error *err)
{
	const char *name;
	json_t *value;
	int r = 0;

	if (!json_is_object(asked))
		return error_set(err, -EINVAL, "what is asked for is no JSON object");
	facts->asked = json_object();
	json_object_foreach((json_t *)asked, name, value) {
		const struct setting *setting = find(name);
		json_t *own;

		if (r < 0 || json_is_null(value))
			continue;
		if (!setting)
			return error_set(err, -EINVAL, "no setting is called '%.60s'", name);
		own = decoded(value);
		if (json_object_set_new(facts->asked, name, own) < 0)
			return error_set(err, -EINVAL, "--%s: not UTF-8", name);
		r = take_all(facts, setting, own, err);
	}
	/* a page is asked for where it is ready */
	if (r == 0 && facts->probe.how == CHECK_HTTP) {
		facts->probe.port = facts->ready.how != CHECK_NONE ? facts->ready.port
				    : facts->ports.count	    ? facts->ports.items[0].port
								    : 80;
	}
	return r;
}

int asked_refuse(const char *kind, const char *name, const char *value, const char *why, struct error *err)
{
	_cleanup_(text_release) struct text shown = TEXT_INIT;

	text_add_escaped(&shown, value ? value : "");
	return error_set(err, -EINVAL, "%s cannot express --%s%s%.100s%s%s", kind, name, shown.size ? " " : "",
			 shown.bytes, why ? ": " : "", why ? why : "");
}

int asked_within(const struct facts *facts, const char *kind, const char *const *can, struct error *err)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)facts->asked, name, value) {
		const char *const *word = can;

		while (*word && strcmp(*word, name) != 0)
			word++;
		if (!*word && !json_is_false(value))
			return asked_refuse(kind, name, value_text(value), NULL, err);
	}
	return 0;
}
