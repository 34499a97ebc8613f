// SPDX-License-Identifier: BSD-2-Clause
#include "pack/engine/compose.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "db/base/text.h"
#include "pack/engine/asked.h"
#include "pack/engine/output.h"
#include "pack/engine/yaml.h"

const char *const compose_can[] = {"command", "env", "user", "cwd", "hostname", "volume", "tmpfs", "publish", "read-only",
				   "memory", "memory-reservation", "cpus", "pids", "cap-add", "cap-drop",
				   "exec-probe", "no-healthcheck", "restart", "grace", "count", "network", "device",
				   NULL};

/* The parts of the service that is being written; a failure is remembered in `failed`. */
struct service {
	const struct facts *facts;
	json_t *json;
	bool failed;
};

static void set(struct service *service, const char *name, json_t *value)
{
	service->failed |= json_set(service->json, name, value) < 0;
}

/* "$" begins a variable of Compose, and "$$" is that sign. */
static json_t *literal(const char *word)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;

	for (; *word; word++) {
		if (*word == '$')
			text_add_char(&text, '$');
		text_add_char(&text, *word);
	}
	return text_failed(&text) ? NULL : json_string(text.bytes);
}

static json_t *literals(const struct fact_list *words)
{
	json_auto_t *list = json_array();

	for (size_t i = 0; i < words->count; i++)
		if (json_array_append_new(list, literal(words->items[i])) < 0)
			return NULL;
	return json_incref(list);
}

static json_t *printed(const char *format, ...) __attribute__((format(printf, 1, 2)));
static json_t *printed(const char *format, ...)
{
	char text[128];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return json_string(text);
}

/* ---- the program ---- */

static void add_program(struct service *service)
{
	const struct facts *facts = service->facts;
	json_t *env = json_object(), *groups = json_array();

	set(service, "image", literal(facts->image));
	/* both, or the image's own CMD would follow */
	set(service, "entrypoint", literals(&facts->args));
	set(service, "command", json_array());
	for (size_t i = 0; i < facts->env.count; i++) {
		const char *text = facts->env.items[i];
		_cleanup_(freep) char *name = strndup(text, strcspn(text, "="));

		service->failed |= !name || json_set(env, name, literal(strchr(text, '=') ? strchr(text, '=') + 1 : "")) < 0;
	}
	set(service, "environment", env);
	set(service, "user", printed("%lld:%lld", (long long)facts->uid, (long long)facts->gid));
	for (size_t i = 0; i < facts->groups.count; i++)
		service->failed |= json_array_append_new(groups, printed("%lld", (long long)facts->groups.items[i])) < 0;
	if (facts->groups.count)
		set(service, "group_add", json_incref(groups));
	json_decref(groups);
	if (facts->cwd)
		set(service, "working_dir", literal(facts->cwd));
	if (facts->hostname)
		set(service, "hostname", literal(facts->hostname));
	set(service, "stop_signal", literal(facts->stop_signal));
	if (facts->grace_ms >= 0)
		set(service, "stop_grace_period", printed("%lldms", (long long)facts->grace_ms));
}

static void add_health(struct service *service)
{
	const struct facts *facts = service->facts;
	const struct fact_check *check = facts->health.how != CHECK_NONE ? &facts->health : &facts->probe;
	json_t *health, *test;

	if (json_is_true(json_object_get(facts->asked, "no-healthcheck")))
		set(service, "healthcheck", json_pack("{s:b}", "disable", 1));
	if (check->how != CHECK_EXEC)
		return;
	health = json_object();
	test = literals(&check->command);
	service->failed |= json_array_insert_new(test, 0, json_string("CMD")) < 0 || json_set(health, "test", test) < 0;
	if (check->interval_ns)
		json_set(health, "interval", printed("%lldms", (long long)(check->interval_ns / 1000000)));
	if (check->timeout_ns)
		json_set(health, "timeout", printed("%lldms", (long long)(check->timeout_ns / 1000000)));
	if (check->start_ns)
		json_set(health, "start_period", printed("%lldms", (long long)(check->start_ns / 1000000)));
	if (check->retries)
		json_set(health, "retries", json_integer(check->retries));
	set(service, "healthcheck", health);
}

/* ---- what it may do, and sees ---- */

static void add_rights(struct service *service)
{
	_cleanup_(facts_list_release) struct fact_list granted = {0};
	const struct facts *facts = service->facts;
	json_t *added = json_array();

	service->failed |= facts_granted(facts, &granted) < 0;
	for (size_t i = 0; i < granted.count; i++)
		service->failed |= json_array_append_new(added, json_string(facts_capability(granted.items[i]))) < 0;
	set(service, "cap_drop", json_pack("[s]", "ALL"));
	if (granted.count)
		set(service, "cap_add", json_incref(added));
	json_decref(added);
	if (!facts->set_id)
		set(service, "security_opt", json_pack("[s]", "no-new-privileges:true"));
	if (facts->read_only)
		set(service, "read_only", json_true());
	if (facts->devices.count)
		set(service, "devices", literals(&facts->devices));
}

static json_t *memory_at(const char *destination, uint64_t size)
{
	return size ? json_pack("{s:s, s:o, s:{s:I}}", "type", "tmpfs", "target", literal(destination), "tmpfs", "size",
				(json_int_t)size)
		    : json_pack("{s:s, s:o}", "type", "tmpfs", "target", literal(destination));
}

static void add_places(struct service *service)
{
	const struct facts *facts = service->facts;
	json_t *list = json_array();

	for (size_t i = 0; i < facts->mounts.count; i++)
		service->failed |= json_array_append_new(
					   list, json_pack("{s:s, s:o, s:o, s:b}", "type", "bind", "source",
							   literal(facts->mounts.items[i].source), "target",
							   literal(facts->mounts.items[i].destination), "read_only",
							   facts->mounts.items[i].read_only)) < 0;
	for (size_t i = 0; i < facts->tmpfs.count; i++)
		service->failed |= json_array_append_new(list, memory_at(facts->tmpfs.items[i].destination,
									 facts->tmpfs.items[i].size)) < 0;
	for (size_t i = 0; facts->read_only && i < facts->written.count; i++)
		service->failed |= json_array_append_new(list, memory_at(facts->written.items[i], 0)) < 0;
	if (json_array_size(list))
		set(service, "volumes", json_incref(list));
	json_decref(list);
}

static void add_network(struct service *service)
{
	const struct facts *facts = service->facts;
	json_t *list = json_array();

	for (size_t i = 0; i < facts->publish.count; i++) {
		const struct fact_publish *one = &facts->publish.items[i];
		const char *protocol = one->udp ? "udp" : "tcp";
		bool brackets = one->address && strchr(one->address, ':');

		service->failed |= json_array_append_new(
					   list, printed("%s%s%s%s%u:%u/%s", brackets ? "[" : "",
							 one->address ? one->address : "", brackets ? "]" : "",
							 one->address ? ":" : "", one->host ? one->host : one->port,
							 one->port, protocol)) < 0;
	}
	if (facts->publish.count)
		set(service, "ports", json_incref(list));
	json_decref(list);
	if (facts->network == FACT_NETWORK_HOST || facts->network == FACT_NETWORK_NONE)
		set(service, "network_mode", json_string(facts->network == FACT_NETWORK_HOST ? "host" : "none"));
}

/* ---- how much, how many ---- */

static json_t *cpus(const struct facts *facts)
{
	return facts->cpus_milli ? printed("%lld.%03d", (long long)(facts->cpus_milli / 1000), (int)(facts->cpus_milli % 1000))
				 : NULL;
}

static json_t *bytes(int64_t size)
{
	return size ? printed("%lldb", (long long)size) : NULL;
}

static void add_limits(struct service *service)
{
	const struct facts *facts = service->facts;

	if (facts->memory)
		set(service, "mem_limit", bytes(facts->memory));
	if (facts->memory_reservation)
		set(service, "mem_reservation", bytes(facts->memory_reservation));
	if (facts->cpus_milli)
		set(service, "cpus", cpus(facts));
	if (facts->processes)
		set(service, "pids_limit", json_integer(facts->processes));
	if (facts->restart)
		set(service, "restart", json_string(facts->restart));
	if (facts->replicas)
		set(service, "deploy", json_pack("{s:I}", "replicas", (json_int_t)facts->replicas));
}

/* ---- the whole ---- */

static int check(const struct facts *facts, struct error *err)
{
	const char *name = facts->name;

	if (!*name || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != strlen(name))
		return error_set(err, -EINVAL, "compose has no service '%s' (--name)", name);
	for (size_t i = 0; i < facts->publish.count; i++)
		if (facts->publish.items[i].last)
			return asked_refuse("compose", "publish", facts->publish.items[i].text,
					    "a port is one for all instances", err);
	if (facts->probe.how != CHECK_NONE && facts->health.how != CHECK_NONE)
		return asked_refuse("compose", "exec-probe", facts->probe.command.items[2],
				    "it has one check, HEALTHCHECK is there (--no-healthcheck)", err);
	return 0;
}

static void say(const struct export_job *job)
{
	const struct facts *facts = job->facts;

	for (size_t i = 0; facts->read_only && i < facts->written_over.count; i++) {
		text_add(&job->stats->said, "the root is read-only, though the traced runs wrote in ");
		text_add_escaped(&job->stats->said, facts->written_over.items[i]);
		text_add(&job->stats->said, "\n");
	}
}

int engine_write_compose(const struct export_job *job, struct error *err)
{
	struct service service = {.facts = job->facts, .json = json_object()};
	_cleanup_(json_freep) json_t *json = service.json, *documents = NULL;
	_cleanup_(text_release) struct text text = TEXT_INIT;
	int r = check(job->facts, err);

	if (r < 0)
		return r;
	add_program(&service);
	add_health(&service);
	add_rights(&service);
	add_places(&service);
	add_network(&service);
	add_limits(&service);
	documents = json_pack("[{s:{s:O}}]", "services", job->facts->name, json);
	if (service.failed || !documents)
		return error_oom(err);
	r = yaml_write(documents, &text, err);
	if (r < 0)
		return r;
	say(job);
	return output_document(job, text.bytes, err);
}
