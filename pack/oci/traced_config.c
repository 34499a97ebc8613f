// SPDX-License-Identifier: BSD-2-Clause
#include "pack/oci/traced_config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "db/base/text.h"
#include "pack/oci/store.h"

int oci_image_id(const json_t *config, char ret_id[OCI_IMAGE_ID_SIZE], struct error *err)
{
	const json_t *ids = json_object_get(json_object_get(config, "rootfs"), "diff_ids"), *id;
	const char *before = json_text(json_object_get(json_object_get(config, "config"), "Labels"),
				       TRACED_LABEL_SOURCE);
	_cleanup_(digest_freep) struct digest *digest = NULL;
	size_t i;
	int r;

	if (before) {
		r = oci_digest_check(before, err);
		if (r < 0)
			return error_prefix(err, r, "label " TRACED_LABEL_SOURCE);
		memcpy(ret_id, before, OCI_IMAGE_ID_SIZE);
		return 0;
	}
	if (digest_new(&digest) < 0)
		return error_oom(err);
	json_array_foreach((json_t *)ids, i, id) {
		const char *text = json_string_value(id);

		r = oci_digest_check(text, err);
		if (r < 0)
			return error_prefix(err, r, "diff_id of layer %zu", i + 1);
		if (digest_add(digest, text, strlen(text)) < 0 || digest_add(digest, "\n", 1) < 0)
			return error_set(err, -EIO, "cannot digest");
	}
	memcpy(ret_id, "sha256:", 7);
	return digest_finish(digest, ret_id + 7) < 0 ? error_set(err, -EIO, "cannot digest") : 0;
}

bool oci_image_is_traced(const json_t *config)
{
	return json_object_get(json_object_get(json_object_get(config, "config"), "Labels"),
			       TRACED_LABEL_SOURCE);
}

int traced_words(enum traced_what what, const char *tracefs, json_t **ret_words, struct error *err)
{
	static const char *const guards[] = {
		[TRACED_ALL] = "",
		[TRACED_REPORT] = ",kind=prod,known=" TRACED_MANIFEST ",except=/",
		[TRACED_HEAL] = ",kind=prod,known=" TRACED_MANIFEST ",except=/,scratch=tmpfs,above=/",
	};
	_cleanup_(text_release) struct text list = TEXT_INIT;

	/* what tracing itself brings along is no use of the image; a catalog is of use to guards only */
	text_add(&list, "traces=" TRACED_VOLUME ",image=" TRACED_FILE ",catalog=no,ignore=" TRACED_DIRECTORY
			",ignore=" TRACED_DIRECTORY "/**,ignore=" TRACED_VOLUME
			",ignore=" TRACED_VOLUME "/**");
	text_add(&list, guards[what]);
	if (tracefs && *tracefs)
		text_printf(&list, ",%s", tracefs);
	if (text_failed(&list))
		return error_oom(err);
	*ret_words = json_pack("[s, s, s, s, s]", TRACED_PROGRAM, "-o", list.bytes,
			       what == TRACED_HEAL ? TRACED_FULL : "/", "--");
	return *ret_words ? 0 : error_oom(err);
}

static json_t *words_beside(void)
{
	return json_pack("[s, s, s, s, s]", TRACED_PROGRAM, "-o", "image=" TRACED_FILE ",join", "/", "--");
}

int traced_beside(const json_t *words, json_t **ret_words, struct error *err)
{
	_cleanup_(json_freep) json_t *all = words_beside();

	*ret_words = NULL;
	if (!all || (json_is_array(words) && json_array_extend(all, (json_t *)words) < 0))
		return error_oom(err);
	if (json_array_size(words))
		*ret_words = take(all);
	return 0;
}

/* One text is for a shell. */
static int health_of_text(const json_t *text, const json_t *shell, json_t **ret_test, struct error *err)
{
	_cleanup_(json_freep) json_t *words = json_is_array(shell) && json_array_size(shell)
						      ? json_deep_copy(shell)
						      : json_pack("[s, s]", "/bin/sh", "-c");

	if (!words || json_array_append(words, (json_t *)text) < 0)
		return error_oom(err);
	return traced_beside(words, ret_test, err);
}

int traced_health(const json_t *test, const json_t *shell, json_t **ret_test, struct error *err)
{
	const char *kind = json_string_value(json_array_get(test, 0));
	_cleanup_(json_freep) json_t *rest = json_is_array(test) ? json_copy((json_t *)test) : NULL;
	int r = 0;

	*ret_test = NULL;
	if (rest)
		json_array_remove(rest, 0);
	if (json_is_string(test))
		r = health_of_text(test, shell, ret_test, err);
	else if (kind && strcmp(kind, "CMD") == 0)
		r = traced_beside(rest, ret_test, err);
	else if (kind && strcmp(kind, "CMD-SHELL") == 0 && json_is_string(json_array_get(rest, 0)))
		r = health_of_text(json_array_get(rest, 0), shell, ret_test, err);
	if (r == 0 && *ret_test && json_array_insert_new(*ret_test, 0, json_string("CMD")) < 0)
		return error_oom(err);
	return r;
}

/* The member as a list of words; none and null are an empty one. */
static int words_of(const json_t *object, const char *key, const json_t **ret_words,
		    struct error *err)
{
	const json_t *words = json_object_get(object, key), *word;
	size_t i;

	*ret_words = NULL;
	if (!words || json_is_null(words))
		return 0;
	if (!json_is_array(words))
		return error_set(err, -EBADMSG, "the image's %s is no list of words", key);
	json_array_foreach((json_t *)words, i, word)
		if (!json_is_string(word))
			return error_set(err, -EBADMSG, "word %zu of the image's %s is no string",
					 i + 1, key);
	*ret_words = words;
	return 0;
}

/* The member, an object, made where there is none; borrowed. */
static json_t *object_in(json_t *object, const char *key)
{
	json_t *member = json_object_get(object, key);

	if (json_is_object(member))
		return member;
	if (member && !json_is_null(member))
		return NULL;
	json_object_set_new(object, key, json_object());
	return json_object_get(object, key);
}

static int set_labels(json_t *start, const char *id, const char *user, struct error *err)
{
	json_t *labels = object_in(start, "Labels"), *volumes = object_in(start, "Volumes");
	int r;

	if (!labels || !volumes)
		return error_set(err, -EBADMSG, "the image's labels or volumes are no object");
	if (json_object_get(labels, TRACED_LABEL_SOURCE))
		return error_set(err, -EINVAL, "the image is a traced one already");
	r = json_set(labels, TRACED_LABEL_SOURCE, json_string(id));
	if (r == 0 && user && *user)
		r = json_set(labels, TRACED_LABEL_USER, json_string(user));
	if (r == 0)
		r = json_set(volumes, TRACED_VOLUME, json_object());
	return r < 0 ? error_oom(err) : 0;
}

/* Whoever starts it may change Cmd, as before; what tracefs runs is Entrypoint and Cmd together. */
static int set_start(json_t *start, json_t *words, struct error *err)
{
	const json_t *entrypoint, *command;
	int r = words_of(start, "Entrypoint", &entrypoint, err);

	if (r == 0)
		r = words_of(start, "Cmd", &command, err);
	if (r < 0)
		return r;
	if (entrypoint && json_array_extend(words, (json_t *)entrypoint) < 0)
		return error_oom(err);
	if (json_set(start, "Entrypoint", json_incref(words)) < 0 ||
	    json_set(start, "User", json_string("0")) < 0)
		return error_oom(err);
	return 0;
}

/* A health check is the command's user, too. */
static int set_health(json_t *start, struct error *err)
{
	json_t *health = json_object_get(start, "Healthcheck"), *test = NULL;
	int r = traced_health(json_object_get(health, "Test"), json_object_get(start, "Shell"), &test, err);

	if (r == 0 && test && json_set(health, "Test", test) < 0)
		return error_oom(err);
	return r;
}

int traced_config(const json_t *config, const struct traced_options *options, json_t **ret_config,
		  struct error *err)
{
	_cleanup_(json_freep) json_t *whole = json_deep_copy(config), *words = NULL;
	_cleanup_(freep) char *user = NULL;
	char id[OCI_IMAGE_ID_SIZE];
	const char *own;
	json_t *start = whole ? object_in(whole, "config") : NULL;
	int r;

	if (!whole)
		return error_oom(err);
	if (!start)
		return error_set(err, -EBADMSG, "the image's configuration is no object");
	own = options->user ? options->user : json_text(start, "User");
	user = strdup(own ? own : "");
	if (!user)
		return error_oom(err);
	r = options->id ? 0 : oci_image_id(whole, id, err);
	if (r == 0)
		r = set_labels(start, options->id ? options->id : id, user, err);
	if (r == 0)
		r = traced_words(options->what, options->tracefs, &words, err);
	if (r == 0)
		r = set_start(start, words, err);
	if (r == 0)
		r = set_health(start, err);
	if (r < 0)
		return r;
	*ret_config = take(whole);
	return 0;
}
