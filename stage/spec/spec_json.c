// SPDX-License-Identifier: BSD-2-Clause
#include "stage/spec/spec_json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "db/base/text.h"
#include "stage/spec/options.h"

enum { TEXT_MOST = 1024 * 1024 };

/* ---- how each is spelled ---- */

/* null: it was not asked; NULL: out of memory. */
typedef json_t *spec_write(const struct spec *spec, const void *member);

static json_t *write_text(const struct spec *spec, const void *member)
{
	const char *text = *(char *const *)member;

	(void)spec;
	return json_path(text);
}

static json_t *write_flag(const struct spec *spec, const void *member)
{
	(void)spec;
	return *(const bool *)member ? json_true() : json_null();
}

static json_t *write_number(const struct spec *spec, const void *member)
{
	uint64_t number = *(const uint64_t *)member;

	(void)spec;
	return number ? json_integer((json_int_t)number) : json_null();
}

static json_t *thousandths(uint64_t number)
{
	if (number % 1000 == 0)
		return json_integer((json_int_t)(number / 1000));
	return json_sprintf("%" PRIu64 ".%03u", number / 1000, (unsigned int)(number % 1000));
}

static json_t *write_thousandths(const struct spec *spec, const void *member)
{
	(void)spec;
	return *(const uint64_t *)member ? thousandths(*(const uint64_t *)member) : json_null();
}

static json_t *write_grace(const struct spec *spec, const void *member)
{
	(void)member;
	return spec->grace_given ? thousandths(spec->grace_ms) : json_null();
}

/* The list with one more, both of which it takes; NULL: out of memory. */
static json_t *with(json_t *array, json_t *value)
{
	if (json_array_append_new(array, value) == 0)
		return array;
	json_decref(array);
	return NULL;
}

static json_t *write_strings(const struct spec *spec, const void *member)
{
	const spec_strings *strings = member;
	json_t *array = strings->count ? json_array() : json_null();

	(void)spec;
	for (size_t i = 0; array && i < strings->count; i++)
		array = with(array, json_path(strings->items[i]));
	return array;
}

/* One string of a list, spelled by text_printf(). */
#define WRITE_LIST(list, each)                                                                     \
	json_t *array = (list).count ? json_array() : json_null();                                 \
	for (size_t i = 0; array && i < (list).count; i++) {                                       \
		__auto_type one = &(list).items[i];                                                \
		struct text text = TEXT_INIT;                                                      \
		each;                                                                              \
		array = with(array, text_failed(&text) ? NULL : json_path(text.bytes));            \
		text_release(&text);                                                               \
	}                                                                                          \
	return array

static json_t *write_volumes(const struct spec *spec, const void *member)
{
	(void)member;
	WRITE_LIST(spec->volumes, text_printf(&text, "%s:%s%s", one->source, one->destination,
					      one->read_only ? ":ro" : ""));
}

static json_t *write_tmpfs(const struct spec *spec, const void *member)
{
	(void)member;
	WRITE_LIST(spec->tmpfs, {
		text_add(&text, one->destination);
		if (one->size)
			text_printf(&text, ":%" PRIu64, one->size);
	});
}

static json_t *write_ports(const struct spec *spec, const void *member)
{
	(void)member;
	WRITE_LIST(spec->ports, {
		bool brackets = one->address && strchr(one->address, ':');

		if (one->address)
			text_printf(&text, brackets ? "[%s]:" : "%s:", one->address);
		if (one->host)
			text_printf(&text, "%u", one->host);
		if (one->last)
			text_printf(&text, "-%u", one->last);
		text_printf(&text, ":%u%s", one->port, one->udp ? "/udp" : "");
	});
}

static json_t *write_rates(const struct spec *spec, const void *member)
{
	const ARRAY(struct spec_rate) *rates = member;

	(void)spec;
	WRITE_LIST(*rates, text_printf(&text, "%s:%" PRIu64, one->device, one->rate));
}

static void add_limit(struct text *text, uint64_t limit)
{
	if (limit == UINT64_MAX)
		text_add(text, "unlimited");
	else
		text_printf(text, "%" PRIu64, limit);
}

static json_t *write_ulimits(const struct spec *spec, const void *member)
{
	(void)member;
	WRITE_LIST(spec->ulimits, {
		text_printf(&text, "%s=", one->name);
		add_limit(&text, one->soft);
		text_add(&text, ":");
		add_limit(&text, one->hard);
	});
}

static json_t *write_devices(const struct spec *spec, const void *member)
{
	(void)member;
	WRITE_LIST(spec->devices,
		   text_printf(&text, "%s:%s:%s", one->path, one->inside, one->access));
}

static json_t *write_network(const struct spec *spec, const void *member)
{
	static const char *const words[] = {NULL, "host", "none", "private"};
	_cleanup_(text_release) struct text text = TEXT_INIT;

	(void)member;
	if (spec->network < NETWORK_PATH)
		return spec->network ? json_string(words[spec->network]) : json_null();
	text_printf(&text, "%s%s", spec->network == NETWORK_INSTANCE ? "app:" : "",
		    spec->network_name);
	return text_failed(&text) ? NULL : json_path(text.bytes);
}

static json_t *write_ready(const struct spec *spec, const void *member)
{
	(void)member;
	if (spec->ready == READY_TCP)
		return json_sprintf("tcp:%u", spec->ready_port);
	return spec->ready ? json_path(spec->ready_text) : json_null();
}

static json_t *write_instances(const struct spec *spec, const void *member)
{
	(void)member;
	return spec->instances_most ? json_sprintf("%" PRIu64 "..%" PRIu64, spec->instances_least, spec->instances_most)
				    : json_null();
}

static json_t *write_restart(const struct spec *spec, const void *member)
{
	(void)member;
	if (spec->restart == RESTART_NO)
		return json_null();
	if (spec->restart == RESTART_ALWAYS)
		return json_string("always");
	return spec->restart_most ? json_sprintf("on-failure:%u", spec->restart_most)
				  : json_string("on-failure");
}

/* ---- which there are ---- */

#define ROW(name, write, member)                                                                   \
	{                                                                                          \
		name, write, offsetof(struct spec, member), false                                  \
	}
#define LIST(name, write, member)                                                                  \
	{                                                                                          \
		name, write, offsetof(struct spec, member), true                                   \
	}

static const struct member {
	const char *name; /* of the option */
	spec_write *write;
	size_t offset;
	bool is_list;
} members[] = {
    LIST("command", write_strings, args),
    LIST("env", write_strings, env),
    ROW("user", write_text, user),
    ROW("cwd", write_text, cwd),
    ROW("hostname", write_text, hostname),
    ROW("input", write_text, input),
    LIST("volume", write_volumes, volumes),
    LIST("tmpfs", write_tmpfs, tmpfs),
    ROW("network", write_network, network),
    LIST("publish", write_ports, ports),
    ROW("read-only", write_flag, read_only),
    ROW("memory", write_number, memory),
    ROW("memory-reservation", write_number, memory_reservation),
    ROW("cpus", write_thousandths, cpus_milli),
    ROW("cpu-weight", write_number, cpu_weight),
    ROW("pids", write_number, pids),
    ROW("io-weight", write_number, io_weight),
    LIST("device-read-bps", write_rates, read_rates),
    LIST("device-write-bps", write_rates, write_rates),
    LIST("ulimit", write_ulimits, ulimits),
    ROW("layer-size", write_number, layer_size),
    LIST("cap-add", write_strings, cap_add),
    LIST("cap-drop", write_strings, cap_drop),
    LIST("device", write_devices, devices),
    ROW("seccomp", write_text, seccomp),
    ROW("privileged", write_flag, privileged),
    ROW("ready", write_ready, ready),
    LIST("probe", write_strings, probes),
    LIST("http-probe", write_strings, http_probes),
    LIST("exec-probe", write_strings, exec_probes),
    ROW("no-healthcheck", write_flag, no_healthcheck),
    ROW("health", write_text, health),
    ROW("on-demand", write_flag, on_demand),
    ROW("idle", write_thousandths, idle_ms),
    ROW("instances", write_instances, instances_least),
    ROW("per", write_number, per),
    ROW("restart", write_restart, restart),
    ROW("timeout", write_thousandths, timeout_ms),
    ROW("grace", write_grace, grace_ms),
    ROW("runtime", write_text, runtime),
    LIST("runtime-arg", write_strings, runtime_args),
};

enum { MEMBER_COUNT = sizeof(members) / sizeof(*members) };

json_t *spec_to_json(const struct spec *spec)
{
	json_t *object = json_object();

	for (size_t i = 0; object && i < MEMBER_COUNT; i++) {
		json_t *value = members[i].write(spec, (const char *)spec + members[i].offset);

		if (json_is_null(value))
			continue;
		if (json_set(object, members[i].name, value) < 0) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

/* ---- and back ---- */

static const struct member *member_find(const char *key)
{
	for (size_t i = 0; i < MEMBER_COUNT; i++)
		if (strcmp(members[i].name, key) == 0)
			return &members[i];
	return NULL;
}

static int take_one(struct asked *asked, const char *name, const char *word, struct error *err)
{
	const struct option_row *row = option_find(name, OF(PROD_START) | OF(SLIM));

	if (strcmp(name, "command") == 0)
		return spec_strings_add(&asked->spec.args, word);
	/* a bare name means a caller's variable: whose would that be here? */
	if (strcmp(name, "env") == 0 && !strchr(word, '='))
		return error_set(err, -EINVAL, "env: '%s' is not NAME=VALUE", word);
	return option_apply(asked, row, word, err);
}

/* What the string stands for; refused when we would have spelled that otherwise (a NUL, for one).
 */
static int take_string(struct asked *asked, const char *name, const char *string, struct error *err)
{
	_cleanup_(freep) char *bytes = json_path_bytes(string);
	json_t *again = bytes ? json_path(bytes) : NULL;
	bool same = again && strcmp(json_string_value(again), string) == 0;

	if (!again)
		return -ENOMEM;
	json_decref(again);
	if (!same)
		return error_set(err, -EINVAL, "'%s' has a string that is not spelled as we do",
				 name);
	return take_one(asked, name, bytes, err);
}

static int take_value(struct asked *asked, const char *name, const json_t *value, struct error *err)
{
	char digits[24];

	if (json_is_string(value))
		return take_string(asked, name, json_string_value(value), err);
	if (!json_is_integer(value))
		return error_set(err, -EINVAL, "'%s' is of the wrong kind", name);
	snprintf(digits, sizeof(digits), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	return take_one(asked, name, digits, err);
}

static int take_member(struct asked *asked, const struct member *member, const json_t *value,
		       struct error *err)
{
	const struct option_row *row = option_find(member->name, OF(PROD_START) | OF(SLIM));
	json_t *each;
	size_t i;
	int r = 0;

	if (row && !row->argument)
		return json_is_true(value)
			   ? option_apply(asked, row, NULL, err)
			   : error_set(err, -EINVAL, "'%s' is true or not there", member->name);
	if (member->is_list != json_is_array(value))
		return error_set(err, -EINVAL, "'%s' is of the wrong kind", member->name);
	if (!member->is_list)
		return take_value(asked, member->name, value, err);
	json_array_foreach(value, i,
			   each) if ((r = take_value(asked, member->name, each, err)) < 0) break;
	return r;
}

int spec_from_json(const json_t *json, struct spec *ret_spec, struct error *err)
{
	_cleanup_(asked_release) struct asked asked = ASKED_INIT;
	const char *key;
	json_t *value;
	int r;

	if (!json_is_object(json))
		return error_set(err, -EBADMSG, "what was asked is not an object");
	json_object_foreach((json_t *)json, key, value)
	{
		const struct member *member = member_find(key);

		if (!member)
			return error_set(err, -EBADMSG,
					 "nothing that can be asked is called '%.40s'", key);
		r = take_member(&asked, member, value, err);
		if (r < 0)
			return r == -ENOMEM ? error_oom(err) : -EBADMSG;
	}
	r = options_check(&asked.spec, err);
	if (r < 0)
		return -EBADMSG;
	*ret_spec = asked.spec;
	asked.spec = (struct spec)SPEC_INIT;
	return 0;
}

int spec_from_text(const char *text, size_t size, struct spec *ret_spec, struct error *err)
{
	json_error_t problem;
	json_t *json;
	int r;

	if (size > TEXT_MOST)
		return error_set(err, -EFBIG, "what was asked is larger than 1 MiB");
	json = json_loadb(text, size, JSON_REJECT_DUPLICATES, &problem);
	if (!json)
		return error_set(err, -EBADMSG, "what was asked is no JSON: line %d: %s",
				 problem.line, problem.text);
	r = spec_from_json(json, ret_spec, err);
	json_decref(json);
	return r;
}
