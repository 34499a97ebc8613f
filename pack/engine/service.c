// SPDX-License-Identifier: BSD-2-Clause
#include "pack/engine/service.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "db/base/text.h"
#include "pack/engine/asked.h"
#include "pack/engine/output.h"
#include "pack/engine/yaml.h"

void service_set(struct service *service, const char *name, json_t *value)
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

json_t *service_words(const struct fact_list *words)
{
	json_auto_t *list = json_array();

	for (size_t i = 0; i < words->count; i++)
		if (json_array_append_new(list, literal(words->items[i])) < 0)
			return NULL;
	return json_incref(list);
}

json_t *service_printed(const char *format, ...)
{
	char text[128];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return json_string(text);
}

/* "{{" begins a template of Swarm in a variable, the hostname and a mount, and this is that text. */
static json_t *filled(const struct service *service, const char *word)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;

	for (; service->templates && *word; word++) {
		if (word[0] == '{' && word[1] == '{') {
			text_add(&text, "{{\"{{\"}}");
			word++;
			continue;
		}
		text_add_char(&text, *word);
	}
	return text_failed(&text) ? NULL : literal(service->templates ? text.bytes : word);
}

/* ---- the program ---- */

void service_add_program(struct service *service)
{
	const struct facts *facts = service->facts;
	json_t *env = json_object();

	service_set(service, "image", literal(facts->image));
	/* both, or the image's own CMD would follow */
	service_set(service, "entrypoint", service_words(&facts->args));
	service_set(service, "command", json_array());
	for (size_t i = 0; i < facts->env.count; i++) {
		const char *text = facts->env.items[i];
		_cleanup_(freep) char *name = strndup(text, strcspn(text, "="));

		service->failed |= !name || json_set(env, name, filled(service, strchr(text, '=') ? strchr(text, '=') + 1 : "")) < 0;
	}
	service_set(service, "environment", env);
	service_set(service, "user", service_printed("%lld:%lld", (long long)facts->uid, (long long)facts->gid));
	if (facts->cwd)
		service_set(service, "working_dir", literal(facts->cwd));
	if (facts->hostname)
		service_set(service, "hostname", filled(service, facts->hostname));
	service_set(service, "stop_signal", literal(facts->stop_signal));
	if (facts->grace_ms >= 0)
		service_set(service, "stop_grace_period", service_printed("%lldms", (long long)facts->grace_ms));
}

void service_add_health(struct service *service)
{
	const struct facts *facts = service->facts;
	const struct fact_check *check = facts->health.how != CHECK_NONE ? &facts->health : &facts->probe;
	json_t *health, *test;

	if (json_is_true(json_object_get(facts->asked, "no-healthcheck")))
		service_set(service, "healthcheck", json_pack("{s:b}", "disable", 1));
	if (check->how != CHECK_EXEC)
		return;
	health = json_object();
	test = service_words(&check->command);
	service->failed |= json_array_insert_new(test, 0, json_string("CMD")) < 0 || json_set(health, "test", test) < 0;
	if (check->interval_ns)
		json_set(health, "interval", service_printed("%lldms", (long long)(check->interval_ns / 1000000)));
	if (check->timeout_ns)
		json_set(health, "timeout", service_printed("%lldms", (long long)(check->timeout_ns / 1000000)));
	if (check->start_ns)
		json_set(health, "start_period", service_printed("%lldms", (long long)(check->start_ns / 1000000)));
	if (check->retries)
		json_set(health, "retries", json_integer(check->retries));
	service_set(service, "healthcheck", health);
}

/* ---- what it may do, and sees ---- */

void service_add_rights(struct service *service)
{
	_cleanup_(facts_list_release) struct fact_list granted = {0};
	const struct facts *facts = service->facts;
	json_t *added = json_array();

	service->failed |= facts_granted(facts, &granted) < 0;
	for (size_t i = 0; i < granted.count; i++)
		service->failed |= json_array_append_new(added, json_string(facts_capability(granted.items[i]))) < 0;
	service_set(service, "cap_drop", json_pack("[s]", "ALL"));
	if (granted.count)
		service_set(service, "cap_add", json_incref(added));
	json_decref(added);
	if (facts->read_only)
		service_set(service, "read_only", json_true());
}

static json_t *memory_at(const struct service *service, const char *destination, uint64_t size)
{
	return size ? json_pack("{s:s, s:o, s:{s:I}}", "type", "tmpfs", "target", filled(service, destination), "tmpfs", "size",
				(json_int_t)size)
		    : json_pack("{s:s, s:o}", "type", "tmpfs", "target", filled(service, destination));
}

void service_add_places(struct service *service)
{
	const struct facts *facts = service->facts;
	json_t *list = json_array();

	for (size_t i = 0; i < facts->mounts.count; i++)
		service->failed |= json_array_append_new(
					   list, json_pack("{s:s, s:o, s:o, s:b}", "type", "bind", "source",
							   filled(service, facts->mounts.items[i].source), "target",
							   filled(service, facts->mounts.items[i].destination), "read_only",
							   facts->mounts.items[i].read_only)) < 0;
	for (size_t i = 0; i < facts->tmpfs.count; i++)
		service->failed |= json_array_append_new(list, memory_at(service, facts->tmpfs.items[i].destination,
									 facts->tmpfs.items[i].size)) < 0;
	for (size_t i = 0; facts->read_only && i < facts->written.count; i++)
		service->failed |= json_array_append_new(list, memory_at(service, facts->written.items[i], 0)) < 0;
	if (json_array_size(list))
		service_set(service, "volumes", json_incref(list));
	json_decref(list);
}

/* ---- how much ---- */

json_t *service_cpus(const struct facts *facts)
{
	return facts->cpus_milli ? service_printed("%lld.%03d", (long long)(facts->cpus_milli / 1000), (int)(facts->cpus_milli % 1000))
				 : NULL;
}

json_t *service_bytes(int64_t size)
{
	return size ? service_printed("%lldb", (long long)size) : NULL;
}

/* ---- the whole ---- */

int service_check(const struct facts *facts, const char *kind, struct error *err)
{
	const char *name = facts->name;

	if (!*name || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != strlen(name))
		return error_set(err, -EINVAL, "%s has no service '%s' (--name)", kind, name);
	for (size_t i = 0; i < facts->publish.count; i++)
		if (facts->publish.items[i].last)
			return asked_refuse(kind, "publish", facts->publish.items[i].text, "a port is one for all instances", err);
	if (facts->probe.how != CHECK_NONE && facts->health.how != CHECK_NONE)
		return asked_refuse(kind, "exec-probe", facts->probe.command.items[2],
				    "it has one check, HEALTHCHECK is there (--no-healthcheck)", err);
	return 0;
}

int service_write(const struct export_job *job, const struct service *service, const char *version, struct error *err)
{
	const struct facts *facts = job->facts;
	_cleanup_(json_freep) json_t *documents =
		json_pack("[{s:s*, s:{s:O}}]", "version", version, "services", facts->name, service->json);
	_cleanup_(text_release) struct text text = TEXT_INIT;
	int r = service->failed || !documents ? error_oom(err) : yaml_write(documents, &text, err);

	if (r < 0)
		return r;
	for (size_t i = 0; facts->read_only && i < facts->written_over.count; i++) {
		text_add(&job->stats->said, "the root is read-only, though the traced runs wrote in ");
		text_add_escaped(&job->stats->said, facts->written_over.items[i]);
		text_add(&job->stats->said, "\n");
	}
	return output_document(job, text.bytes, err);
}
