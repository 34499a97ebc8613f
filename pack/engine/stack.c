// SPDX-License-Identifier: BSD-2-Clause
#include "pack/engine/stack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "pack/engine/asked.h"
#include "pack/engine/service.h"

const char *const stack_can[] = {"command", "env", "user", "cwd", "hostname", "volume", "tmpfs", "publish", "read-only",
				 "memory", "memory-reservation", "cpus", "pids", "cap-add", "cap-drop",
				 "exec-probe", "no-healthcheck", "restart", "grace", "count", NULL};

static int check(const struct facts *facts, struct error *err)
{
	int r = service_check(facts, "stack", err);

	for (size_t i = 0; r == 0 && i < facts->publish.count; i++)
		if (facts->publish.items[i].address)
			r = asked_refuse("stack", "publish", facts->publish.items[i].text,
					 "every node answers at all its addresses", err);
	return r;
}

static void add_ports(struct service *service)
{
	const struct facts *facts = service->facts;
	json_t *list = json_array();

	for (size_t i = 0; i < facts->publish.count; i++) {
		const struct fact_publish *one = &facts->publish.items[i];

		service->failed |= json_array_append_new(list, json_pack("{s:i, s:i, s:s}", "target", one->port, "published",
									one->host ? one->host : one->port, "protocol",
									one->udp ? "udp" : "tcp")) < 0;
	}
	if (facts->publish.count)
		service_set(service, "ports", json_incref(list));
	json_decref(list);
}

/* A stack comes back by itself unless it is told otherwise. */
static json_t *restart_policy(const char *restart)
{
	bool failure = restart && strncmp(restart, "on-failure", 10) == 0;
	const char *condition = failure				     ? "on-failure"
				: restart && strcmp(restart, "no") == 0 ? "none"
									: "any";

	return failure && restart[10] ? json_pack("{s:s, s:I}", "condition", condition, "max_attempts", (json_int_t)atoll(restart + 11))
				      : json_pack("{s:s}", "condition", condition);
}

/* What Compose says of the service itself, a stack says of its deployment. */
static void add_deployment(struct service *service)
{
	const struct facts *facts = service->facts;
	json_t *limits = json_pack("{s:o*, s:o*, s:o*}", "memory", service_bytes(facts->memory), "cpus", service_cpus(facts),
				   "pids", facts->processes ? json_integer(facts->processes) : NULL);
	json_t *reservations = json_pack("{s:o*}", "memory", service_bytes(facts->memory_reservation));

	service_set(service, "deploy",
		    json_pack("{s:I, s:{s:s, s:s}, s:o, s:{s:o, s:o}}", "replicas",
			      (json_int_t)(facts->replicas ? facts->replicas : 1), "update_config", "order", "start-first",
			      "failure_action", "rollback", "restart_policy", restart_policy(facts->restart), "resources",
			      "limits", limits, "reservations", reservations));
}

int engine_write_stack(const struct export_job *job, struct error *err)
{
	struct service service = {.facts = job->facts, .json = json_object(), .templates = true};
	_cleanup_(json_freep) json_t *json = service.json;
	int r = check(job->facts, err);

	if (r < 0)
		return r;
	service_add_program(&service);
	service_add_health(&service);
	service_add_rights(&service);
	service_add_places(&service);
	add_ports(&service);
	add_deployment(&service);
	r = service_write(job, &service, "3.9", err);
	if (r == 0 && !job->facts->set_id)
		text_add(&job->stats->said, "a stack has no words for no_new_privs: its programs may gain rights\n");
	if (r == 0 && job->facts->groups.count)
		text_add(&job->stats->said, "a stack has no words for further groups of the user: it is in the one alone\n");
	return r;
}
