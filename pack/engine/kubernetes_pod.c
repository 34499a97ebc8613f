// SPDX-License-Identifier: BSD-2-Clause
/* The container of a pod: what runs, with which rights, on what. */
#include "pack/engine/kubernetes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "db/base/text.h"

/* "$(NAME)" is a variable to Kubernetes, and "$$(NAME)" that text. */
static json_t *literal(const char *word)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;

	for (; *word; word++) {
		if (word[0] == '$' && word[1] == '(')
			text_add_char(&text, '$');
		text_add_char(&text, *word);
	}
	return text_failed(&text) ? NULL : json_string(text.bytes);
}

static json_t *command(const struct fact_list *words)
{
	json_auto_t *list = json_array();

	for (size_t i = 0; i < words->count; i++)
		if (json_array_append_new(list, literal(words->items[i])) < 0)
			return NULL;
	return json_incref(list);
}

static json_t *environment(const struct facts *facts)
{
	json_auto_t *list = json_array();

	for (size_t i = 0; i < facts->env.count; i++) {
		const char *text = facts->env.items[i];
		size_t length = strcspn(text, "=");

		if (json_array_append_new(list, json_pack("{s:s%, s:o}", "name", text, length, "value",
							  literal(text[length] ? text + length + 1 : ""))) < 0)
			return NULL;
	}
	return json_incref(list);
}

static json_t *container_ports(const struct facts *facts)
{
	json_auto_t *list = json_array();
	int r = 0;

	for (size_t i = 0; r == 0 && i < facts->ports.count; i++) {
		const char *protocol = facts->ports.items[i].protocol;

		r = json_array_append_new(list, json_pack("{s:i, s:s}", "containerPort", facts->ports.items[i].port,
							  "protocol", *protocol == 'u'	 ? "UDP"
								      : *protocol == 's' ? "SCTP"
											 : "TCP"));
	}
	for (size_t i = 0; r == 0 && i < facts->publish.count; i++) {
		const struct fact_publish *one = &facts->publish.items[i];
		bool known = false;

		for (size_t j = 0; j < facts->ports.count; j++)
			known = known || (facts->ports.items[j].port == one->port &&
					  (*facts->ports.items[j].protocol == 'u') == one->udp);
		if (!known)
			r = json_array_append_new(list, json_pack("{s:i, s:s}", "containerPort", one->port, "protocol",
								  one->udp ? "UDP" : "TCP"));
	}
	return r < 0 ? NULL : json_incref(list);
}

/* ---- probes ---- */

static int add_seconds(json_t *probe, const char *name, int64_t ns)
{
	return ns > 0 ? json_set(probe, name, json_integer((ns + 999999999) / 1000000000)) : 0;
}

/* NULL: no memory. */
static json_t *probe(const struct fact_check *check)
{
	json_auto_t *json = json_object();
	json_t *how;

	if (check->how == CHECK_TCP)
		how = json_pack("{s:{s:i}}", "tcpSocket", "port", check->port);
	else if (check->how == CHECK_HTTP)
		how = json_pack("{s:{s:i, s:s}}", "httpGet", "port", check->port, "path", check->path);
	else
		how = json_pack("{s:{s:o}}", "exec", "command", command(&check->command));
	if (!json || json_object_update(json, how) < 0) {
		json_decref(how);
		return NULL;
	}
	json_decref(how);
	if (add_seconds(json, "initialDelaySeconds", check->start_ns) < 0 ||
	    add_seconds(json, "periodSeconds", check->interval_ns) < 0 ||
	    add_seconds(json, "timeoutSeconds", check->timeout_ns) < 0 ||
	    (check->retries > 0 && json_set(json, "failureThreshold", json_integer(check->retries)) < 0))
		return NULL;
	return json_incref(json);
}

/* It is up when it was ready once; it is sent work while the probe, or else that, holds; it is well by the rest. */
static int add_probes(json_t *container, const struct facts *facts)
{
	const struct fact_check *serves = facts->probe.how != CHECK_NONE ? &facts->probe : &facts->ready;
	json_t *started;

	if (facts->ready.how != CHECK_NONE) {
		started = probe(&facts->ready);
		if (json_set(container, "startupProbe", started) < 0 ||
		    json_set(started, "periodSeconds", json_integer(1)) < 0 ||
		    json_set(started, "failureThreshold", json_integer(60)) < 0)
			return -ENOMEM;
	}
	if (serves->how != CHECK_NONE && json_set(container, "readinessProbe", probe(serves)) < 0)
		return -ENOMEM;
	return facts->health.how == CHECK_NONE ? 0 : json_set(container, "livenessProbe", probe(&facts->health));
}

/* ---- what it may have and do ---- */

static json_t *resources(const struct facts *facts)
{
	json_auto_t *limits = json_object(), *requests = json_object();
	char text[32];

	if (facts->memory > 0) {
		snprintf(text, sizeof(text), "%lld", (long long)facts->memory);
		json_set(limits, "memory", json_string(text));
	}
	if (facts->cpus_milli > 0) {
		snprintf(text, sizeof(text), "%lldm", (long long)facts->cpus_milli);
		json_set(limits, "cpu", json_string(text));
	}
	if (facts->memory_reservation > 0) {
		snprintf(text, sizeof(text), "%lld", (long long)facts->memory_reservation);
		json_set(requests, "memory", json_string(text));
	}
	return json_pack("{s:O*, s:O*}", "limits", json_object_size(limits) ? limits : NULL, "requests",
			 json_object_size(requests) ? requests : NULL);
}

bool kubernetes_is_read_only(const struct facts *facts)
{
	return facts->read_only || (facts->traced && !facts->written_over.count);
}

static json_t *rights(const struct facts *facts)
{
	_cleanup_(facts_list_release) struct fact_list granted = {0};
	json_auto_t *added = json_array();

	if (facts_granted(facts, &granted) < 0)
		return NULL;
	for (size_t i = 0; i < granted.count; i++)
		if (json_array_append_new(added, json_string(facts_capability(granted.items[i]))) < 0)
			return NULL;
	return json_pack("{s:I, s:I, s:b, s:b, s:b, s:{s:[s], s:O*}, s:{s:s}}", "runAsUser", (json_int_t)facts->uid,
			 "runAsGroup", (json_int_t)facts->gid, "runAsNonRoot", facts->uid != 0, "allowPrivilegeEscalation",
			 facts->set_id, "readOnlyRootFilesystem", kubernetes_is_read_only(facts), "capabilities", "drop",
			 "ALL", "add", json_array_size(added) ? added : NULL, "seccompProfile", "type", "RuntimeDefault");
}

/* ---- what it sees ---- */

typedef int visit_place(const char *name, const char *place, const struct fact_mount *mount, void *list);

/* Everything that is mounted, each under a name of its own; mount NULL: an emptyDir on disk. */
static int each_place(const struct facts *facts, visit_place *visit, void *list)
{
	const struct fact_list *lists[] = {&facts->volumes, &facts->written};
	static const char *const words[] = {"volume", "written"};
	char name[32];
	int r = 0;

	for (size_t l = 0; l < 2; l++) {
		for (size_t i = 0; r == 0 && i < lists[l]->count; i++) {
			snprintf(name, sizeof(name), "%s-%zu", words[l], i + 1);
			if (l == 0 || kubernetes_is_read_only(facts))
				r = visit(name, lists[l]->items[i], NULL, list);
		}
	}
	for (size_t i = 0; r == 0 && i < facts->tmpfs.count; i++) {
		snprintf(name, sizeof(name), "memory-%zu", i + 1);
		r = visit(name, facts->tmpfs.items[i].destination, &facts->tmpfs.items[i], list);
	}
	for (size_t i = 0; r == 0 && i < facts->mounts.count; i++) {
		snprintf(name, sizeof(name), "host-%zu", i + 1);
		r = visit(name, facts->mounts.items[i].destination, &facts->mounts.items[i], list);
	}
	return r;
}

static int add_mount(const char *name, const char *place, const struct fact_mount *mount, void *list)
{
	json_t *one = json_pack("{s:s, s:s}", "name", name, "mountPath", place);

	if (mount && mount->read_only && json_set(one, "readOnly", json_true()) < 0) {
		json_decref(one);
		return -ENOMEM;
	}
	return json_array_append_new(list, one);
}

static int add_volume(const char *name, const char *place, const struct fact_mount *mount, void *list)
{
	char size[32];
	json_t *one;

	(void)place;
	if (!mount)
		return json_array_append_new(list, json_pack("{s:s, s:{}}", "name", name, "emptyDir"));
	if (mount->source)
		return json_array_append_new(list,
					     json_pack("{s:s, s:{s:s}}", "name", name, "hostPath", "path", mount->source));
	snprintf(size, sizeof(size), "%llu", (unsigned long long)mount->size);
	one = json_pack("{s:s, s:{s:s, s:s*}}", "name", name, "emptyDir", "medium", "Memory", "sizeLimit",
			mount->size ? size : NULL);
	return json_array_append_new(list, one);
}

json_t *kubernetes_volumes(const struct facts *facts)
{
	json_auto_t *list = json_array();

	return list && each_place(facts, add_volume, list) == 0 ? json_incref(list) : NULL;
}

int kubernetes_container(const struct facts *facts, json_t **ret_container, struct error *err)
{
	_cleanup_(json_freep) json_t *container = json_object(), *limits = resources(facts);
	_cleanup_(json_freep) json_t *ports = container_ports(facts), *mounts = json_array();

	if (!container || !limits || !ports || !mounts || each_place(facts, add_mount, mounts) < 0 ||
	    json_set(container, "name", json_string(facts->name)) < 0 ||
	    json_set(container, "image", json_string(facts->image)) < 0 ||
	    json_set(container, "imagePullPolicy", json_string("IfNotPresent")) < 0 ||
	    json_set(container, "command", command(&facts->args)) < 0 ||
	    (facts->cwd && json_set(container, "workingDir", json_string(facts->cwd)) < 0) ||
	    (facts->env.count && json_set(container, "env", environment(facts)) < 0) ||
	    (json_array_size(ports) && json_set(container, "ports", json_incref(ports)) < 0) ||
	    add_probes(container, facts) < 0 ||
	    (json_object_size(limits) && json_set(container, "resources", json_incref(limits)) < 0) ||
	    json_set(container, "securityContext", rights(facts)) < 0 ||
	    (json_array_size(mounts) && json_set(container, "volumeMounts", json_incref(mounts)) < 0))
		return error_oom(err);
	*ret_container = take(container);
	return 0;
}
