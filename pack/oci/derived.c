// SPDX-License-Identifier: BSD-2-Clause
#include "pack/oci/derived.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "db/base/path.h"
#include "pack/oci/change.h"
#include "pack/oci/config.h"
#include "pack/oci/user.h"

/* ---- what is started ---- */

static bool begins_with(const json_t *list, const json_t *head)
{
	for (size_t i = 0; i < json_array_size(head); i++)
		if (!json_equal(json_array_get(list, i), json_array_get(head, i)))
			return false;
	return true;
}

static json_t *tail_of(const json_t *list, size_t from)
{
	json_t *tail = json_array();

	for (size_t i = from; tail && i < json_array_size(list); i++)
		json_array_append(tail, json_array_get(list, i));
	return tail;
}

/* An image that says nothing of it is given a shell by oci_config_to_start(). */
static bool is_shell(const json_t *args)
{
	const char *word = json_string_value(json_array_get(args, 0));

	return json_array_size(args) == 1 && word && strcmp(word, "/bin/sh") == 0;
}

/* ENTRYPOINT as it was where the arguments begin with it; the rest is CMD. */
static int set_args(json_t *config, const json_t *args, bool has_image)
{
	json_t *entry = json_object_get(config, "Entrypoint"), *rest;
	size_t length = json_array_size(entry);

	if (!json_is_array(args) || (has_image && !length && !json_object_get(config, "Cmd") && is_shell(args)))
		return 0;
	if (!has_image || !begins_with(args, entry)) {
		json_object_del(config, "Cmd");
		return json_object_set(config, "Entrypoint", (json_t *)args);
	}
	rest = tail_of(args, length);
	if (json_array_size(rest) == 0 && json_array_size(json_object_get(config, "Cmd")) == 0) {
		json_decref(rest);
		return 0;
	}
	return json_set(config, "Cmd", rest);
}

/* ---- variables ---- */

/* The variable of this name in a list, or NULL. */
static json_t *find_variable(const json_t *list, const char *variable)
{
	size_t length = strcspn(variable, "="), i;
	json_t *item;

	json_array_foreach((json_t *)list, i, item) {
		const char *text = json_string_value(item);

		if (text && strncmp(text, variable, length) == 0 && text[length] == '=')
			return item;
	}
	return NULL;
}

/* Those of the image in its order, as they are now, then what has come. */
static int set_env(json_t *config, const json_t *env, bool has_image)
{
	json_t *were = json_object_get(config, "Env"), *item;
	json_auto_t *now = json_array();
	size_t i;

	if (!json_is_array(env))
		return 0;
	json_array_foreach(were, i, item) {
		json_t *is = find_variable(env, json_string_value(item));

		if (is && json_array_append(now, is) < 0)
			return -ENOMEM;
	}
	json_array_foreach((json_t *)env, i, item) {
		const char *text = json_string_value(item);

		/* the PATH that every start of ours has, and every engine's */
		if (!text || find_variable(were, text) ||
		    (has_image && strcmp(text, OCI_PATH_DEFAULT) == 0))
			continue;
		if (json_array_append(now, item) < 0)
			return -ENOMEM;
	}
	if (json_array_size(now) == 0 && !were && has_image)
		return 0;
	return json_object_set(config, "Env", now);
}

/* ---- where, and as whom ---- */

static int set_directory(json_t *config, const json_t *cwd, bool has_image)
{
	const char *was = json_text(config, "WorkingDir"), *is = json_string_value(cwd);
	_cleanup_(freep) char *before = path_canonicalize(was ? was : "/");
	_cleanup_(freep) char *now = path_canonicalize(is ? is : "/");

	if (!before || !now)
		return -ENOMEM;
	if (!is || (has_image && strcmp(before, now) == 0))
		return 0;
	return json_object_set(config, "WorkingDir", (json_t *)cwd);
}

/* The image's own word stays while it means the same in this root. A name may be gone: numbers hold. */
static int set_user(json_t *config, struct node *root, const json_t *user, bool has_image,
		    struct derived_notes *notes)
{
	_cleanup_(oci_user_release) struct oci_user named = {.groups = ARRAY_INIT};
	json_int_t uid = json_integer_value(json_object_get(user, "uid"));
	json_int_t gid = json_integer_value(json_object_get(user, "gid"));
	const char *was = json_text(config, "User");
	char text[64] = "";

	if (has_image && oci_user_lookup(node_tree(root), was, &named, NULL) == 0 &&
	    named.uid == uid && named.gid == gid)
		return 0;
	notes->user_is_number = was && strspn(was, "0123456789:") != strlen(was);
	if (uid || gid)
		snprintf(text, sizeof(text), "%lld:%lld", (long long)uid, (long long)gid);
	return json_set(config, "User", json_string(text));
}

/* ---- what only images have ---- */

static int set_label(json_t *config, const char *name, const char *value)
{
	json_t *labels = json_object_get(config, "Labels");

	if (!value || !*value)
		return 0;
	if (!labels) {
		labels = json_object();
		if (json_set(config, "Labels", labels) < 0)
			return -ENOMEM;
	}
	return json_set(labels, name, json_string(value));
}

static int health_to_label(json_t *config, struct derived_notes *notes)
{
	json_t *health = json_object_get(config, "Healthcheck");
	_cleanup_(freep) char *text = health ? json_dumps(health, JSON_COMPACT | JSON_SORT_KEYS) : NULL;

	if (!health)
		return 0;
	if (!text || set_label(config, DERIVED_LABEL_HEALTH, text) < 0)
		return -ENOMEM;
	json_object_del(config, "Healthcheck");
	notes->health_is_label = true;
	return 0;
}

/* What health_to_label() did on an earlier way; checked with all the rest at the end. */
static int health_from_label(json_t *config, struct error *err)
{
	json_t *labels = json_object_get(config, "Labels"), *health = NULL;
	const char *text = json_text(labels, DERIVED_LABEL_HEALTH);
	int r;

	if (!text)
		return 0;
	r = json_read(text, strlen(text), IMAGE_CONFIG_MAX, &health, err);
	if (r < 0)
		return error_prefix(err, r, "the image's label %s", DERIVED_LABEL_HEALTH);
	json_object_del(labels, DERIVED_LABEL_HEALTH);
	return json_set(config, "Healthcheck", health) < 0 ? error_oom(err) : 0;
}

static int set_labels(json_t *config, const struct derived_options *options)
{
	char digest[IMAGE_DIGEST_SIZE] = "";

	if (options->image && image_config_digest(options->image, digest) < 0)
		return -ENOMEM;
	if (set_label(config, DERIVED_LABEL_SOURCE, *digest ? digest : options->source) < 0 ||
	    set_label(config, DERIVED_LABEL_PACKAGE, options->package) < 0 ||
	    set_label(config, DERIVED_LABEL_MANIFEST, options->manifest) < 0)
		return -ENOMEM;
	return 0;
}

/* Changes may say anything: the whole is read once more, as what came in was. */
static int check(json_t *config, json_t **ret_config, struct error *err)
{
	struct image_config checked = IMAGE_CONFIG_INIT;
	json_auto_t *whole = json_pack("{s:O}", "config", config);
	int r = whole ? image_config_from_json(whole, &checked, err) : error_oom(err);

	if (r == 0)
		*ret_config = json_incref(json_object_get(checked.json, "config"));
	image_config_release(&checked);
	return r;
}

static int set_start(json_t *config, struct node *root, const json_t *process, bool has_image,
		     struct derived_notes *notes)
{
	if (set_args(config, json_object_get(process, "args"), has_image) < 0 ||
	    set_env(config, json_object_get(process, "env"), has_image) < 0 ||
	    set_directory(config, json_object_get(process, "cwd"), has_image) < 0 ||
	    set_user(config, root, json_object_get(process, "user"), has_image, notes) < 0)
		return -ENOMEM;
	return 0;
}

int derived_config(struct node *root, const json_t *start, const struct derived_options *options,
		   struct derived_notes *notes, json_t **ret_config, struct error *err)
{
	const json_t *process = json_object_get(start, "process");
	json_t *own = options->image ? json_object_get(options->image->json, "config") : NULL;
	json_auto_t *config = own ? json_deep_copy(own) : json_object();
	int r = 0;

	if (!json_is_object(process))
		return error_set(err, -EBADMSG, "config.json has no process");
	notes->onbuild_is_dropped = options->image && options->image->onbuild;
	if (!config || set_start(config, root, process, own != NULL, notes) < 0 ||
	    set_labels(config, options) < 0)
		return error_oom(err);
	for (size_t i = 0; r == 0 && options->changes && options->changes[i]; i++)
		r = change_apply(config, options->changes[i], err);
	if (r == 0 && options->docker)
		r = health_from_label(config, err);
	if (r == 0 && !options->docker && health_to_label(config, notes) < 0)
		r = error_oom(err);
	return r < 0 ? r : check(config, ret_config, err);
}

json_t *derived_history(const struct image_config *image, const char *created)
{
	json_t *were = image ? json_object_get(image->json, "history") : NULL, *step;
	json_auto_t *history = json_array();
	size_t i;

	json_array_foreach(were, i, step) {
		json_t *copy = json_copy(step);

		if (!copy || json_object_set_new(copy, "empty_layer", json_true()) < 0 ||
		    json_array_append_new(history, copy) < 0)
			return NULL;
	}
	if (json_array_append_new(history, json_pack("{s:s, s:s}", "created", created, "created_by",
						     "tracepack export")) < 0)
		return NULL;
	return json_incref(history);
}
