// SPDX-License-Identifier: BSD-2-Clause
#include "stage/spec/traced_start.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "pack/oci/traced_config.h"

static void note(struct text *notes, const char *name, const char *why)
{
	text_add(notes, "service '");
	text_add_escaped(notes, name);
	text_printf(notes, "' is not traced: %s\n", why);
}

/* Why it cannot be traced; NULL: it can. */
static const char *obstacle(const json_t *service)
{
	const char *why;

	if (!traced_service_image(service, &why))
		return why;
	if (json_object_get(service, "pid"))
		return "with pid: it is not the first process of its container";
	if (json_is_string(json_object_get(service, "entrypoint")))
		return "its entrypoint is one text; write it as a list of words";
	return NULL;
}

/* The entrypoint that replaces the image's is run by tracefs; without one it is the image that says so. */
static int set_entrypoint(json_t *to, const json_t *service, const char *tracefs, struct error *err)
{
	const json_t *entrypoint = json_object_get(service, "entrypoint");
	json_t *words = NULL;
	int r;

	if (!json_is_array(entrypoint))
		return 0;
	r = traced_words(TRACED_ALL, tracefs, &words, err);
	if (r < 0)
		return r;
	if (json_array_extend(words, (json_t *)entrypoint) < 0 || json_set(to, "entrypoint", words) < 0)
		return error_oom(err);
	return 0;
}

/* Root starts it, and the user it was to have is the one tracefs changes to. */
static int set_user(json_t *to, const json_t *service, struct error *err)
{
	const json_t *user = json_object_get(service, "user");
	_cleanup_(freep) char *text = NULL;

	if (!user || json_is_null(user))
		return 0;
	text = json_is_string(user) ? strdup(json_string_value(user)) : json_dumps(user, JSON_ENCODE_ANY);
	if (!text || json_set(to, "user", json_string("0:0")) < 0 ||
	    json_set(to, "environment", json_pack("{s:s}", "SFC_TRACE_USER", text)) < 0)
		return error_oom(err);
	return 0;
}

/* Its own health check is the command's user, as the image's is. */
static int set_health(json_t *to, const json_t *service, struct error *err)
{
	const json_t *test = json_object_get(json_object_get(service, "healthcheck"), "test");
	json_t *traced = NULL;
	int r = traced_health(test, NULL, &traced, err);

	if (r == 0 && traced && json_set(to, "healthcheck", json_pack("{s:o}", "test", traced)) < 0)
		return error_oom(err);
	return r;
}

/* What is taken away from a service in general has to be there for tracefs. */
static int set_rights(json_t *to, const json_t *service, struct error *err)
{
	bool dropped = json_array_size(json_object_get(service, "cap_drop"));
	json_t *rights = json_pack("[s, s]", "SYS_ADMIN", "SYS_PTRACE");
	static const char *const usual[] = {"CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETFCAP", "SETGID",
					    "SETPCAP", "SETUID", "SYS_CHROOT"};

	for (size_t i = 0; dropped && i < sizeof(usual) / sizeof(*usual); i++)
		json_array_append_new(rights, json_string(usual[i]));
	if (json_set(to, "cap_add", rights) < 0 ||
	    json_set(to, "devices", json_pack("[s]", "/dev/fuse:/dev/fuse")) < 0 ||
	    json_set(to, "security_opt", json_pack("[s, s]", "apparmor:unconfined", "label:disable")) < 0 ||
	    json_set(to, "volumes", json_pack("[s]", "sfc-trace:" TRACED_VOLUME)) < 0)
		return error_oom(err);
	/* tracefs buries orphans, and wants to be the first process itself */
	if (json_is_true(json_object_get(service, "init")) && json_set(to, "init", json_false()) < 0)
		return error_oom(err);
	return 0;
}

static int add_service(json_t *services, const char *name, const json_t *service, const char *tracefs,
		       struct error *err)
{
	_cleanup_(json_freep) json_t *to = json_object();
	_cleanup_(freep) char *image = traced_image_name(json_text(service, "image"), "traced");
	int r;

	if (!image || !to || json_set(to, "image", json_string(image)) < 0)
		return error_oom(err);
	r = set_entrypoint(to, service, tracefs, err);
	if (r == 0)
		r = set_user(to, service, err);
	if (r == 0)
		r = set_health(to, service, err);
	if (r == 0)
		r = set_rights(to, service, err);
	if (r == 0 && json_set(services, name, take(to)) < 0)
		r = error_oom(err);
	return r;
}

int traced_compose(const json_t *project, const char *tracefs, json_t **ret_override,
		   struct text *notes, struct error *err)
{
	const json_t *all = json_object_get(project, "services"), *service;
	_cleanup_(json_freep) json_t *services = json_object();
	const char *name;
	int r;

	if (!json_is_object(all))
		return error_set(err, -EBADMSG, "it has no services");
	json_object_foreach((json_t *)all, name, service) {
		const char *why = obstacle(service);

		if (why) {
			note(notes, name, why);
			continue;
		}
		r = add_service(services, name, service, tracefs, err);
		if (r < 0)
			return r;
	}
	if (text_failed(notes))
		return error_oom(err);
	if (!json_object_size(services))
		return error_set(err, -ENOENT, "it has no service that can be traced");
	*ret_override = json_pack("{s:O, s:{s:{}}}", "services", services, "volumes", "sfc-trace");
	return *ret_override ? 0 : error_oom(err);
}
