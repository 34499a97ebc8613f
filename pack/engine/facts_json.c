// SPDX-License-Identifier: BSD-2-Clause
#include "pack/engine/facts_json.h"

#include <stdlib.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "pack/engine/output.h"

static json_t *text(const char *word)
{
	return word ? json_path(word) : json_null();
}

static json_t *number(int64_t value)
{
	return value > 0 ? json_integer(value) : json_null();
}

/* One more, which it takes; a failure shows when the list is set. */
static void add(json_t *list, json_t *value)
{
	if (json_array_append_new(list, value) < 0)
		json_array_clear(list);
}

static json_t *list(const struct fact_list *words)
{
	json_t *array = json_array();

	for (size_t i = 0; i < words->count; i++)
		add(array, json_path(words->items[i]));
	return array;
}

static json_t *groups(const struct facts *facts)
{
	json_t *array = json_array();

	for (size_t i = 0; i < facts->groups.count; i++)
		add(array, json_integer(facts->groups.items[i]));
	return array;
}

static json_t *ports(const struct facts *facts)
{
	json_t *array = json_array();

	for (size_t i = 0; i < facts->ports.count; i++)
		add(array, json_pack("{s:i, s:s}", "port", facts->ports.items[i].port, "protocol",
				     facts->ports.items[i].protocol));
	return array;
}

static json_t *published(const struct facts *facts)
{
	json_t *array = json_array();

	for (size_t i = 0; i < facts->publish.count; i++) {
		const struct fact_publish *one = &facts->publish.items[i];

		add(array, json_pack("{s:o, s:i, s:o, s:i, s:s}", "address", text(one->address), "host",
				     one->host ? one->host : one->port, "last", number(one->last), "port", one->port,
				     "protocol", one->udp ? "udp" : "tcp"));
	}
	return array;
}

static json_t *mounts(const struct facts *facts)
{
	json_t *array = json_array();

	for (size_t i = 0; i < facts->mounts.count; i++) {
		const struct fact_mount *one = &facts->mounts.items[i];

		add(array, json_pack("{s:o, s:o, s:b}", "source", text(one->source), "destination",
				     text(one->destination), "read_only", one->read_only));
	}
	return array;
}

static json_t *tmpfs(const struct facts *facts)
{
	json_t *array = json_array();

	for (size_t i = 0; i < facts->tmpfs.count; i++)
		add(array, json_pack("{s:o, s:o}", "destination", text(facts->tmpfs.items[i].destination), "size",
				     number((int64_t)facts->tmpfs.items[i].size)));
	return array;
}

static json_t *check(const struct fact_check *one)
{
	static const char *const words[] = {NULL, "tcp", "http", "exec"};

	if (one->how == CHECK_NONE)
		return json_null();
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "how", words[one->how], "port", number(one->port),
			 "path", text(one->path), "command",
			 one->how == CHECK_EXEC ? list(&one->command) : json_null(), "interval_ns",
			 number(one->interval_ns), "timeout_ns", number(one->timeout_ns), "start_period_ns",
			 number(one->start_ns), "retries", number(one->retries));
}

static json_t *network_word(const struct facts *facts)
{
	static const char *const words[] = {NULL, "host", "none", "private"};

	return text(words[facts->network]);
}


json_t *facts_json(const struct facts *facts)
{
	json_auto_t *json = json_object();
	const struct {
		const char *name;
		json_t *value;
	} members[] = {
		{"name", text(facts->name)},
		{"image", text(facts->image)},
		{"args", list(&facts->args)},
		{"env", list(&facts->env)},
		{"cwd", text(facts->cwd)},
		{"uid", json_integer(facts->uid)},
		{"gid", json_integer(facts->gid)},
		{"groups", groups(facts)},
		{"hostname", text(facts->hostname)},
		{"capabilities", list(&facts->capabilities)},
		{"cap_added", list(&facts->cap_added)},
		{"set_id", json_boolean(facts->set_id)},
		{"traced", json_boolean(facts->traced)},
		{"no_new_privileges", json_boolean(facts->no_new_privileges)},
		{"read_only", json_boolean(facts->read_only)},
		{"stop_signal", text(facts->stop_signal)},
		{"grace_ms", facts->grace_ms < 0 ? json_null() : json_integer(facts->grace_ms)},
		{"memory", number(facts->memory)},
		{"memory_reservation", number(facts->memory_reservation)},
		{"cpus_milli", number(facts->cpus_milli)},
		{"pids", number(facts->processes)},
		{"ports", ports(facts)},
		{"publish", published(facts)},
		{"network", network_word(facts)},
		{"volumes", list(&facts->volumes)},
		{"mounts", mounts(facts)},
		{"tmpfs", tmpfs(facts)},
		{"devices", list(&facts->devices)},
		{"written", list(&facts->written)},
		{"written_over", list(&facts->written_over)},
		{"ready", check(&facts->ready)},
		{"probe", check(&facts->probe)},
		{"health", check(&facts->health)},
		{"restart", text(facts->restart)},
		{"replicas", number(facts->replicas)},
		{"asked", facts->asked ? json_incref(facts->asked) : json_object()},
	};
	int r = json ? 0 : -ENOMEM;

	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
		if (json_set(json, members[i].name, members[i].value) < 0)
			r = -ENOMEM;
	return r < 0 ? NULL : json_incref(json);
}

int engine_write_facts(const struct export_job *job, struct error *err)
{
	json_auto_t *json = facts_json(job->facts);
	_cleanup_(freep) char *document = json ? json_document(json) : NULL;

	return document ? output_document(job, document, err) : error_oom(err);
}
