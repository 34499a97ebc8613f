// SPDX-License-Identifier: BSD-2-Clause
#include "pack/engine/kubernetes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "pack/engine/asked.h"
#include "pack/engine/output.h"
#include "pack/engine/yaml.h"

const char *const kubernetes_can[] = {
	"command", "env", "user", "cwd", "hostname", "volume", "tmpfs", "network", "publish", "read-only", "memory",
	"memory-reservation", "cpus", "cap-add", "cap-drop", "ready", "http-probe", "exec-probe", "no-healthcheck",
	"health", "restart", "grace", "count", NULL,
};

static int check_name(const char *name, struct error *err)
{
	size_t length = strlen(name);

	if (length && length <= 63 && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == length && name[0] != '-' &&
	    name[length - 1] != '-')
		return 0;
	return error_set(err, -EINVAL, "kubernetes has no name '%s': small letters, digits and '-' (--name)", name);
}

/* What is right word by word may not be sayable. */
static int check(const struct facts *facts, struct error *err)
{
	int r = check_name(facts->name, err);

	if (r < 0)
		return r;
	if (!strstr(facts->image, "@sha256:"))
		return error_set(err, -EINVAL, "kubernetes: which image, by its digest? --image NAME@sha256:…, as "
					       "'skopeo inspect --format {{.Digest}}' tells it");
	if (facts->restart && strcmp(facts->restart, "always") != 0)
		return asked_refuse("kubernetes", "restart", facts->restart, "a Deployment always restarts", err);
	if (facts->network == FACT_NETWORK_NONE)
		return asked_refuse("kubernetes", "network", "none", "every pod has one", err);
	for (size_t i = 0; i < facts->publish.count; i++) {
		const struct fact_publish *publish = &facts->publish.items[i];

		if (publish->last)
			return asked_refuse("kubernetes", "publish", publish->text, "a Service has one port for all instances", err);
		if (publish->address)
			return asked_refuse("kubernetes", "publish", publish->text, "a Service has an address of its own", err);
	}
	return 0;
}

static json_t *labels(const struct facts *facts)
{
	return json_pack("{s:s}", "app.kubernetes.io/name", facts->name);
}

static int add_groups(json_t *pod, const struct facts *facts)
{
	json_t *groups = json_array();

	if (json_set(pod, "securityContext", json_pack("{s:O}", "supplementalGroups", groups)) < 0) {
		json_decref(groups);
		return -ENOMEM;
	}
	for (size_t i = 0; i < facts->groups.count; i++)
		json_array_append_new(groups, json_integer(facts->groups.items[i]));
	json_decref(groups);
	return 0;
}

static int make_pod(const struct facts *facts, json_t **ret_pod, struct error *err)
{
	_cleanup_(json_freep) json_t *pod = json_object(), *volumes = kubernetes_volumes(facts);
	json_t *container = NULL;
	int r = kubernetes_container(facts, &container, err);

	if (r < 0)
		return r;
	if (!pod || !volumes || json_set(pod, "automountServiceAccountToken", json_false()) < 0 ||
	    json_set(pod, "enableServiceLinks", json_false()) < 0 ||
	    json_set(pod, "containers", json_pack("[o]", container)) < 0 ||
	    (facts->hostname && json_set(pod, "hostname", json_string(facts->hostname)) < 0) ||
	    (facts->network == FACT_NETWORK_HOST && json_set(pod, "hostNetwork", json_true()) < 0) ||
	    (facts->groups.count && add_groups(pod, facts) < 0) ||
	    (facts->grace_ms >= 0 &&
	     json_set(pod, "terminationGracePeriodSeconds", json_integer((facts->grace_ms + 999) / 1000)) < 0) ||
	    (json_array_size(volumes) && json_set(pod, "volumes", json_incref(volumes)) < 0))
		return error_oom(err);
	*ret_pod = take(pod);
	return 0;
}

static json_t *deployment(const struct facts *facts, json_t *pod)
{
	return json_pack("{s:s, s:s, s:{s:s, s:o}, s:{s:I, s:{s:o}, s:{s:{s:o}, s:O}}}", "apiVersion", "apps/v1", "kind",
			 "Deployment", "metadata", "name", facts->name, "labels", labels(facts), "spec", "replicas",
			 (json_int_t)(facts->replicas ? facts->replicas : 1), "selector", "matchLabels", labels(facts),
			 "template", "metadata", "labels", labels(facts), "spec", pod);
}

static int add_port(json_t *ports, const char *protocol, unsigned int port, unsigned int target)
{
	char name[32];
	json_t *one;

	snprintf(name, sizeof(name), "%s-%u", protocol, port);
	one = json_pack("{s:s, s:s, s:i, s:i}", "name", name, "protocol",
			strcmp(protocol, "udp") == 0	? "UDP"
			: strcmp(protocol, "sctp") == 0 ? "SCTP"
							: "TCP",
			"port", (int)port, "targetPort", (int)target);
	return json_array_append_new(ports, one);
}

/* The ports that were asked for, else those that the image exposes. NULL: no memory; empty: it has none. */
static json_t *service_ports(const struct facts *facts)
{
	json_auto_t *ports = json_array();
	int r = ports ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < facts->publish.count; i++) {
		const struct fact_publish *one = &facts->publish.items[i];

		r = add_port(ports, one->udp ? "udp" : "tcp", one->host ? one->host : one->port, one->port);
	}
	for (size_t i = 0; r == 0 && !facts->publish.count && i < facts->ports.count; i++)
		r = add_port(ports, facts->ports.items[i].protocol, facts->ports.items[i].port, facts->ports.items[i].port);
	return r < 0 ? NULL : json_incref(ports);
}

static json_t *service(const struct facts *facts, json_t *ports)
{
	return json_pack("{s:s, s:s, s:{s:s, s:o}, s:{s:o, s:O}}", "apiVersion", "v1", "kind", "Service", "metadata",
			 "name", facts->name, "labels", labels(facts), "spec", "selector", labels(facts), "ports", ports);
}

static void say(const struct export_job *job)
{
	const struct facts *facts = job->facts;
	struct text *said = &job->stats->said;

	for (size_t i = 0; i < facts->volumes.count; i++) {
		text_add(said, "VOLUME ");
		text_add_escaped(said, facts->volumes.items[i]);
		text_add(said, " is an emptyDir, which goes with its pod: a PersistentVolumeClaim in its place stays\n");
	}
	for (size_t i = 0; i < facts->written_over.count; i++) {
		text_add(said, facts->read_only ? "the root is read-only, though the traced runs wrote in "
						: "the root is not read-only: the traced runs wrote in ");
		text_add_escaped(said, facts->written_over.items[i]);
		text_add(said, ", which has files that an emptyDir would hide\n");
	}
}

int engine_write_kubernetes(const struct export_job *job, struct error *err)
{
	_cleanup_(json_freep) json_t *pod = NULL, *objects = json_array(), *ports = service_ports(job->facts);
	_cleanup_(text_release) struct text text = TEXT_INIT;
	int r = check(job->facts, err);

	if (r == 0)
		r = make_pod(job->facts, &pod, err);
	if (r < 0)
		return r;
	if (!ports || json_array_append_new(objects, deployment(job->facts, pod)) < 0 ||
	    (json_array_size(ports) && json_array_append_new(objects, service(job->facts, ports)) < 0))
		return error_oom(err);
	r = yaml_write(objects, &text, err);
	if (r < 0)
		return r;
	say(job);
	return output_document(job, text.bytes, err);
}
