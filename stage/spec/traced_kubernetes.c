// SPDX-License-Identifier: BSD-2-Clause
#include "stage/spec/traced_start.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "pack/oci/traced_config.h"

static void note(struct text *notes, const char *name, const char *what)
{
	text_add(notes, "container '");
	text_add_escaped(notes, name ? name : "");
	text_printf(notes, "' %s\n", what);
}

static const json_t *find(const json_t *first, const json_t *second, const char *key)
{
	const json_t *value = json_object_get(first, key);

	return value ? value : json_object_get(second, key);
}

/* Whom it was to run as, of the container or of its pod: root starts it, and tracefs changes to him. */
static int set_user(json_t *to, const json_t *container, const json_t *pod, struct error *err)
{
	const json_t *own = json_object_get(container, "securityContext");
	const json_t *shared = json_object_get(pod, "securityContext");
	const json_t *user = find(own, shared, "runAsUser"), *group = find(own, shared, "runAsGroup");
	_cleanup_(text_release) struct text text = TEXT_INIT;

	if (!json_is_integer(user))
		return 0;
	text_printf(&text, "%lld", (long long)json_integer_value(user));
	if (json_is_integer(group))
		text_printf(&text, ":%lld", (long long)json_integer_value(group));
	if (text_failed(&text) ||
	    json_set(to, "env", json_pack("[{s:s, s:s}]", "name", "SFC_TRACE_USER", "value", text.bytes)) < 0)
		return error_oom(err);
	return 0;
}

/* Of Kubernetes "command" is the entrypoint. */
static int set_command(json_t *to, const json_t *container, const char *tracefs, struct error *err)
{
	const json_t *command = json_object_get(container, "command");
	json_t *words = NULL;
	int r;

	if (!json_is_array(command))
		return 0;
	r = traced_words(TRACED_ALL, tracefs, &words, err);
	if (r < 0)
		return r;
	if (json_array_extend(words, (json_t *)command) < 0 || json_set(to, "command", words) < 0)
		return error_oom(err);
	return 0;
}

/* A probe or hook that is a command, run beside the container's. */
static int set_beside(json_t *to, const json_t *action, struct error *err)
{
	json_t *words = NULL;
	int r = traced_beside(json_object_get(json_object_get(action, "exec"), "command"), &words, err);

	if (r == 0 && words && json_set(to, "exec", json_pack("{s:o}", "command", words)) < 0)
		return error_oom(err);
	return r;
}

static int set_each(json_t *to, const json_t *from, const char *const *names, struct error *err)
{
	int r = 0;

	for (; r == 0 && *names; names++) {
		_cleanup_(json_freep) json_t *own = json_object();

		r = own ? set_beside(own, json_object_get(from, *names), err) : error_oom(err);
		if (r == 0 && json_object_size(own) && json_set(to, *names, take(own)) < 0)
			r = error_oom(err);
	}
	return r;
}

/* Probes and hooks that are commands are the container's user, too. */
static int set_probes(json_t *to, const json_t *container, struct error *err)
{
	static const char *const probes[] = {"livenessProbe", "readinessProbe", "startupProbe", NULL};
	static const char *const hooks[] = {"postStart", "preStop", NULL};
	_cleanup_(json_freep) json_t *lifecycle = json_object();
	int r = set_each(to, container, probes, err);

	if (r == 0)
		r = lifecycle ? set_each(lifecycle, json_object_get(container, "lifecycle"), hooks, err)
			      : error_oom(err);
	if (r == 0 && json_object_size(lifecycle) && json_set(to, "lifecycle", take(lifecycle)) < 0)
		r = error_oom(err);
	return r;
}

static int set_rights(json_t *to, struct error *err)
{
	/* null takes out what would contradict it */
	json_t *rights = json_pack("{s:b, s:b, s:i, s:i, s:b, s:n}", "privileged", 1,
				   "allowPrivilegeEscalation", 1, "runAsUser", 0, "runAsGroup", 0,
				   "runAsNonRoot", 0, "capabilities");

	if (json_set(to, "securityContext", rights) < 0 ||
	    json_set(to, "volumeMounts",
		     json_pack("[{s:s, s:s}]", "name", "sfc-trace", "mountPath", TRACED_VOLUME)) < 0)
		return error_oom(err);
	return 0;
}

static int add_container(json_t *list, const json_t *container, const json_t *pod, const char *tracefs,
			 struct error *err)
{
	_cleanup_(json_freep) json_t *to = json_object();
	_cleanup_(freep) char *image = traced_image_name(json_text(container, "image"), "traced");
	int r;

	if (!image || !to || json_set(to, "name", json_string(json_text(container, "name"))) < 0 ||
	    json_set(to, "image", json_string(image)) < 0)
		return error_oom(err);
	r = set_command(to, container, tracefs, err);
	if (r == 0)
		r = set_user(to, container, pod, err);
	if (r == 0)
		r = set_probes(to, container, err);
	if (r == 0)
		r = set_rights(to, err);
	return r == 0 && json_array_append(list, to) < 0 ? error_oom(err) : r;
}

static int containers_of(const json_t *pod, const char *which, const char *tracefs, json_t *list,
			 struct text *notes, struct error *err)
{
	bool shared = json_is_true(json_object_get(pod, "shareProcessNamespace"));
	const json_t *container;
	size_t i;
	int r = 0;

	json_array_foreach((json_t *)json_object_get(pod, which), i, container) {
		const char *name = json_text(container, "name"), *image = json_text(container, "image");

		if (!name || !image)
			note(notes, name, "is not traced: it has no name, or no image");
		else if (strchr(image, '@'))
			note(notes, name, "is not traced: its image is a digest; name a tag, and instrument that");
		else if (shared)
			note(notes, name, "is not traced: with shareProcessNamespace it is not the first process");
		else if (r == 0)
			r = add_container(list, container, pod, tracefs, err);
	}
	return r;
}

/* Where an object keeps its pod, from the outside. */
enum { DEPTH = 5 };
static const char *const places[][DEPTH + 1] = {
	{"spec", "template", "spec", NULL},			      /* Deployment, StatefulSet, Job … */
	{"spec", "jobTemplate", "spec", "template", "spec", NULL}, /* CronJob */
	{"spec", NULL},						      /* Pod */
};

/* NULL: it has none. */
static const json_t *find_pod(const json_t *object, const char *const **ret_place)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		const json_t *pod = object;

		for (const char *const *key = places[i]; *key; key++)
			pod = json_object_get(pod, *key);
		*ret_place = places[i];
		if (json_is_array(json_object_get(pod, "containers")))
			return pod;
	}
	return NULL;
}

/* What is said of the pod, where the object has it. Takes it; NULL: no memory. */
static json_t *put_in_place(json_t *pod, const char *const *place)
{
	size_t depth = 0;

	while (place[depth])
		depth++;
	while (pod && depth)
		pod = json_pack("{s:o}", place[--depth], pod);
	return pod;
}

static json_t *pod_patch(json_t *containers, json_t *before)
{
	return json_pack("{s:{s:b}, s:O, s:O*, s:[{s:s, s:{}}]}", "securityContext", "runAsNonRoot", 0, "containers",
			 containers, "initContainers", json_array_size(before) ? before : NULL, "volumes", "name",
			 "sfc-trace", "emptyDir");
}

static int add_patch(json_t *patches, const json_t *object, const char *tracefs, struct text *notes,
		     struct error *err)
{
	const json_t *metadata = json_object_get(object, "metadata");
	const char *const *place;
	const json_t *pod = find_pod(object, &place);
	_cleanup_(json_freep) json_t *list = json_array(), *before = json_array(), *spec = NULL;
	json_t *patch;
	int r;

	if (!pod || !json_text(metadata, "name"))
		return 0;
	r = list && before ? containers_of(pod, "containers", tracefs, list, notes, err) : error_oom(err);
	if (r == 0)
		r = containers_of(pod, "initContainers", tracefs, before, notes, err);
	if (r < 0 || !(json_array_size(list) + json_array_size(before)))
		return r;
	spec = put_in_place(pod_patch(list, before), place);
	patch = json_pack("{s:s*, s:s*, s:{s:s, s:s*}}", "apiVersion", json_text(object, "apiVersion"), "kind",
			  json_text(object, "kind"), "metadata", "name", json_text(metadata, "name"),
			  "namespace", json_text(metadata, "namespace"));
	if (!spec || !patch || json_object_update(patch, spec) < 0) {
		json_decref(patch);
		return error_oom(err);
	}
	return json_array_append_new(patches, patch) < 0 ? error_oom(err) : 0;
}

int traced_kubernetes(const json_t *objects, const char *tracefs, json_t **ret_patches,
		      struct text *notes, struct error *err)
{
	_cleanup_(json_freep) json_t *patches = json_array();
	const json_t *object;
	size_t i;
	int r = 0;

	json_array_foreach((json_t *)objects, i, object)
		if (r == 0)
			r = add_patch(patches, object, tracefs, notes, err);
	if (r < 0)
		return r;
	if (text_failed(notes))
		return error_oom(err);
	if (!json_array_size(patches))
		return error_set(err, -ENOENT, "it has no Deployment, or other object with containers, that can be traced");
	*ret_patches = take(patches);
	return 0;
}
