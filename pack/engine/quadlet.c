// SPDX-License-Identifier: BSD-2-Clause
#include "pack/engine/quadlet.h"

#include <errno.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/text.h"
#include "pack/engine/asked.h"
#include "pack/engine/output.h"
#include "pack/engine/unit.h"

const char *const quadlet_can[] = {"command", "env", "user", "cwd", "hostname", "volume", "tmpfs", "network", "publish",
				   "read-only", "memory", "memory-reservation", "cpus", "pids", "cap-add", "cap-drop",
				   "device", "exec-probe", "no-healthcheck", "restart", "grace", NULL};

/* All of it becomes a command of systemd's, which fills in variables. */
static int add_line(struct text *text, const char *name, const char *value, struct error *err)
{
	return unit_add_line(text, "a quadlet", name, value, true, err);
}

/* A list as JSON, which is a line whatever is in it. first: before it; or NULL. */
static int add_command(struct text *text, const char *name, const char *first, const struct fact_list *words,
		       struct error *err)
{
	json_auto_t *list = json_array();
	_cleanup_(freep) char *json = NULL;
	int r = first ? json_array_append_new(list, json_string(first)) : 0;

	for (size_t i = 0; r == 0 && i < words->count; i++)
		r = json_array_append_new(list, json_string(words->items[i]));
	json = r == 0 ? json_dumps(list, JSON_COMPACT) : NULL;
	return json ? add_line(text, name, json, err) : error_oom(err);
}

/* ---- the program ---- */

static int add_program(const struct facts *facts, struct text *text, struct error *err)
{
	int r = add_line(text, "Image", facts->image, err);

	text_printf(text, "ContainerName=%s\n", facts->name);
	/* of which the image's CMD is no part then */
	if (r == 0)
		r = add_command(text, "Entrypoint", NULL, &facts->args, err);
	for (size_t i = 0; i < facts->env.count; i++) {
		text_add(text, "Environment=");
		unit_add_word(text, facts->env.items[i], true);
		text_add(text, "\n");
	}
	text_printf(text, "User=%lld\nGroup=%lld\n", (long long)facts->uid, (long long)facts->gid);
	for (size_t i = 0; i < facts->groups.count; i++)
		text_printf(text, "GroupAdd=%lld\n", (long long)facts->groups.items[i]);
	if (r == 0 && facts->cwd)
		r = add_line(text, "WorkingDir", facts->cwd, err);
	if (r == 0 && facts->hostname)
		r = add_line(text, "HostName", facts->hostname, err);
	text_add(text, "PodmanArgs=--stop-signal ");
	unit_add_word(text, facts->stop_signal, true);
	text_add(text, "\n");
	if (facts->grace_ms >= 0)
		text_printf(text, "StopTimeout=%lld\n", (long long)((facts->grace_ms + 999) / 1000));
	return r;
}

static void add_milliseconds(struct text *text, const char *name, int64_t ns)
{
	if (ns)
		text_printf(text, "%s=%lldms\n", name, (long long)(ns / 1000000));
}

static int add_health(const struct facts *facts, struct text *text, struct error *err)
{
	const struct fact_check *check = facts->health.how != CHECK_NONE ? &facts->health : &facts->probe;

	if (json_is_true(json_object_get(facts->asked, "no-healthcheck")) && check->how != CHECK_EXEC)
		text_add(text, "HealthCmd=none\n");
	if (check->how != CHECK_EXEC)
		return 0;
	add_milliseconds(text, "HealthInterval", check->interval_ns);
	add_milliseconds(text, "HealthTimeout", check->timeout_ns);
	add_milliseconds(text, "HealthStartPeriod", check->start_ns);
	if (check->retries)
		text_printf(text, "HealthRetries=%lld\n", (long long)check->retries);
	return add_command(text, "HealthCmd", "CMD", &check->command, err);
}

/* ---- what it may do, and have ---- */

static int add_rights(const struct facts *facts, struct text *text, struct error *err)
{
	_cleanup_(facts_list_release) struct fact_list granted = {0};
	int r = 0;

	if (facts_granted(facts, &granted) < 0)
		return error_oom(err);
	text_add(text, "DropCapability=all\n");
	for (size_t i = 0; i < granted.count; i++)
		text_printf(text, "AddCapability=%s\n", facts_capability(granted.items[i]));
	if (!facts->set_id)
		text_add(text, "NoNewPrivileges=true\n");
	if (facts->read_only)
		text_add(text, "ReadOnly=true\n");
	for (size_t i = 0; r == 0 && i < facts->devices.count; i++)
		r = add_line(text, "AddDevice", facts->devices.items[i], err);
	if (facts->processes)
		text_printf(text, "PidsLimit=%lld\n", (long long)facts->processes);
	if (facts->memory)
		text_printf(text, "PodmanArgs=--memory=%lldb\n", (long long)facts->memory);
	if (facts->memory_reservation)
		text_printf(text, "PodmanArgs=--memory-reservation=%lldb\n", (long long)facts->memory_reservation);
	if (facts->cpus_milli)
		text_printf(text, "PodmanArgs=--cpus=%lld.%03d\n", (long long)(facts->cpus_milli / 1000),
			    (int)(facts->cpus_milli % 1000));
	return r;
}

/* ---- what it sees ---- */

static int add_place(struct text *text, const char *name, const char *path, const char *more, struct error *err)
{
	_cleanup_(text_release) struct text value = TEXT_INIT;

	if (strchr(path, ':'))
		return error_set(err, -EINVAL, "a quadlet cannot hold the colon in %s '%.100s'", name, path);
	text_printf(&value, "%s%s", path, more);
	return text_failed(&value) ? error_oom(err) : add_line(text, name, value.bytes, err);
}

static int add_tmpfs(const struct fact_mount *tmpfs, struct text *text, struct error *err)
{
	_cleanup_(text_release) struct text more = TEXT_INIT;

	text_add(&more, tmpfs->options ? "" : ":mode=1777");
	for (size_t i = 0; i < json_array_size(tmpfs->options); i++) {
		const char *option = json_string_value(json_array_get(tmpfs->options, i));

		text_printf(&more, "%s%s", i ? "," : ":", option ? option : "");
	}
	if (tmpfs->size)
		text_printf(&more, ",size=%llu", (unsigned long long)tmpfs->size);
	return text_failed(&more) ? error_oom(err) : add_place(text, "Tmpfs", tmpfs->destination, more.bytes, err);
}

static int add_places(const struct facts *facts, struct text *text, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < facts->tmpfs.count; i++)
		r = add_tmpfs(&facts->tmpfs.items[i], text, err);
	for (size_t i = 0; r == 0 && facts->read_only && i < facts->written.count; i++)
		r = add_place(text, "Tmpfs", facts->written.items[i], ":mode=1777", err);
	for (size_t i = 0; r == 0 && i < facts->mounts.count; i++) {
		const struct fact_mount *mount = &facts->mounts.items[i];
		_cleanup_(text_release) struct text value = TEXT_INIT;

		text_printf(&value, "%s:%s%s", mount->source, mount->destination, mount->read_only ? ":ro" : "");
		r = text_failed(&value) ? error_oom(err) : add_line(text, "Volume", value.bytes, err);
	}
	return r;
}

static void add_network(const struct facts *facts, struct text *text)
{
	for (size_t i = 0; i < facts->publish.count; i++) {
		const struct fact_publish *one = &facts->publish.items[i];
		bool brackets = one->address && strchr(one->address, ':');

		text_printf(text, "PublishPort=%s%s%s%s%u:%u/%s\n", brackets ? "[" : "", one->address ? one->address : "",
			    brackets ? "]" : "", one->address ? ":" : "", one->host ? one->host : one->port, one->port,
			    one->udp ? "udp" : "tcp");
	}
	if (facts->network == FACT_NETWORK_HOST || facts->network == FACT_NETWORK_NONE)
		text_printf(text, "Network=%s\n", facts->network == FACT_NETWORK_HOST ? "host" : "none");
}

/* ---- the whole ---- */

static int check(const struct facts *facts, struct error *err)
{
	for (size_t i = 0; i < facts->publish.count; i++)
		if (facts->publish.items[i].last)
			return asked_refuse("quadlet", "publish", facts->publish.items[i].text, "it is one instance", err);
	if (facts->publish.count && facts->network != FACT_NETWORK_UNSET && facts->network != FACT_NETWORK_PRIVATE)
		return asked_refuse("quadlet", "publish", facts->publish.items[0].text, "its network is not its own", err);
	if (facts->probe.how != CHECK_NONE && facts->health.how != CHECK_NONE)
		return asked_refuse("quadlet", "exec-probe", facts->probe.command.items[2],
				    "it has one check, HEALTHCHECK is there (--no-healthcheck)", err);
	if (facts->restart && strncmp(facts->restart, "on-failure:", 11) == 0)
		return asked_refuse("quadlet", "restart", facts->restart, "systemd counts no times: no, always, on-failure", err);
	return 0;
}

static void add_service(const struct facts *facts, struct text *text)
{
	text_printf(text, "\n[Service]\nRestart=%s\n", facts->restart ? facts->restart : "no");
	/* podman is not to be killed while it waits */
	if (facts->grace_ms >= 0)
		text_printf(text, "TimeoutStopSec=%lld\n", (long long)((facts->grace_ms + 999) / 1000 + 10));
	text_add(text, "\n[Install]\nWantedBy=default.target\n");
}

int engine_write_quadlet(const struct export_job *job, struct error *err)
{
	const struct facts *facts = job->facts;
	_cleanup_(text_release) struct text text = TEXT_INIT;
	int r = check(facts, err);

	text_printf(&text, "# podman-systemd.unit(5), written by tracepack export\n[Unit]\nDescription=%s\n\n[Container]\n",
		    facts->name);
	if (r == 0)
		r = add_program(facts, &text, err);
	if (r == 0)
		r = add_health(facts, &text, err);
	if (r == 0)
		r = add_rights(facts, &text, err);
	if (r == 0)
		r = add_places(facts, &text, err);
	if (r < 0)
		return r;
	add_network(facts, &text);
	add_service(facts, &text);
	for (size_t i = 0; facts->read_only && i < facts->written_over.count; i++) {
		text_add(&job->stats->said, "the root is read-only, though the traced runs wrote in ");
		text_add_escaped(&job->stats->said, facts->written_over.items[i]);
		text_add(&job->stats->said, "\n");
	}
	return text_failed(&text) ? error_oom(err) : output_document(job, text.bytes, err);
}
