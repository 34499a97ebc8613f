// SPDX-License-Identifier: BSD-2-Clause
#include "pack/engine/compose.h"

#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "pack/engine/service.h"

const char *const compose_can[] = {"command", "env", "user", "cwd", "hostname", "volume", "tmpfs", "publish", "read-only",
				   "memory", "memory-reservation", "cpus", "pids", "cap-add", "cap-drop",
				   "exec-probe", "no-healthcheck", "restart", "grace", "count", "network", "device",
				   NULL};

static void add_rights(struct service *service)
{
	const struct facts *facts = service->facts;
	json_t *groups = json_array();

	for (size_t i = 0; i < facts->groups.count; i++)
		service->failed |= json_array_append_new(groups, service_printed("%lld", (long long)facts->groups.items[i])) < 0;
	if (facts->groups.count)
		service_set(service, "group_add", json_incref(groups));
	json_decref(groups);
	if (!facts->set_id)
		service_set(service, "security_opt", json_pack("[s]", "no-new-privileges:true"));
	if (facts->devices.count)
		service_set(service, "devices", service_words(&facts->devices));
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
					   list, service_printed("%s%s%s%s%u:%u/%s", brackets ? "[" : "",
							 one->address ? one->address : "", brackets ? "]" : "",
							 one->address ? ":" : "", one->host ? one->host : one->port,
							 one->port, protocol)) < 0;
	}
	if (facts->publish.count)
		service_set(service, "ports", json_incref(list));
	json_decref(list);
	if (facts->network == FACT_NETWORK_HOST || facts->network == FACT_NETWORK_NONE)
		service_set(service, "network_mode", json_string(facts->network == FACT_NETWORK_HOST ? "host" : "none"));
}

static void add_limits(struct service *service)
{
	const struct facts *facts = service->facts;

	if (facts->memory)
		service_set(service, "mem_limit", service_bytes(facts->memory));
	if (facts->memory_reservation)
		service_set(service, "mem_reservation", service_bytes(facts->memory_reservation));
	if (facts->cpus_milli)
		service_set(service, "cpus", service_cpus(facts));
	if (facts->processes)
		service_set(service, "pids_limit", json_integer(facts->processes));
	if (facts->restart)
		service_set(service, "restart", json_string(facts->restart));
	if (facts->replicas)
		service_set(service, "deploy", json_pack("{s:I}", "replicas", (json_int_t)facts->replicas));
}

int engine_write_compose(const struct export_job *job, struct error *err)
{
	struct service service = {.facts = job->facts, .json = json_object()};
	_cleanup_(json_freep) json_t *json = service.json;
	int r = service_check(job->facts, "compose", err);

	if (r < 0)
		return r;
	service_add_program(&service);
	service_add_health(&service);
	service_add_rights(&service);
	add_rights(&service);
	service_add_places(&service);
	add_network(&service);
	add_limits(&service);
	return service_write(job, &service, NULL, err);
}
