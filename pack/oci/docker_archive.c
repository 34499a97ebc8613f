// SPDX-License-Identifier: BSD-2-Clause
#include "pack/oci/oci.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/digest.h"
#include "db/base/text.h"
#include "pack/oci/image_config.h"

bool docker_archive_is(const struct oci_store *store)
{
	return oci_store_has(store, "manifest.json");
}

/* "api:1" of "docker.io/library/api:1": docker says the one, skopeo and podman the other. */
static const char *familiar(const char *name)
{
	static const char *const before[] = {"docker.io/", "library/"};

	for (size_t i = 0; i < sizeof(before) / sizeof(*before); i++)
		if (strncmp(name, before[i], strlen(before[i])) == 0)
			name += strlen(before[i]);
	return name;
}

static bool has_tag(const json_t *item, const char *ref)
{
	const json_t *tags = json_object_get(item, "RepoTags"), *tag;
	size_t i;

	json_array_foreach((json_t *)tags, i, tag)
		if (json_is_string(tag) &&
		    strcmp(familiar(json_string_value(tag)), familiar(ref)) == 0)
			return true;
	return false;
}

static int say_choices(const json_t *manifest, struct error *err)
{
	_cleanup_(text_release) struct text names = TEXT_INIT;
	const json_t *item;
	size_t i;

	json_array_foreach((json_t *)manifest, i, item)
	{
		const json_t *tag = json_array_get(json_object_get(item, "RepoTags"), 0);

		if (!json_is_string(tag))
			continue;
		text_add(&names, names.size ? ", " : "");
		text_add_escaped(&names, json_string_value(tag));
	}
	if (text_failed(&names))
		return error_oom(err);
	return error_set(err, -EINVAL, "holds %zu images (%s): choose one with --ref",
			 json_array_size(manifest), names.size ? names.bytes : "without names");
}

static int choose(const json_t *manifest, const char *ref, const json_t **ret_item,
		  struct error *err)
{
	const json_t *item;
	size_t i;

	if (!json_is_array(manifest) || json_array_size(manifest) == 0)
		return error_set(err, -EBADMSG, "'manifest.json' is not a list of images");
	if (!ref && json_array_size(manifest) > 1)
		return say_choices(manifest, err);
	json_array_foreach((json_t *)manifest, i, item)
	{
		if (!ref || has_tag(item, ref)) {
			*ret_item = item;
			return 0;
		}
	}
	return error_set(err, -ENOENT, "holds no image called '%s'", ref);
}

/*
 * "sha256:…" when the last part of the path is a digest, as docker names configurations and, in the
 * combined form, layers too; NULL when it is not. The caller frees.
 */
static char *digest_in_path(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	size_t length = strspn(name, "0123456789abcdef");
	char *digest = NULL;

	if (length != 2 * DIGEST_SIZE || (name[length] && strcmp(name + length, ".json") != 0))
		return NULL;
	return asprintf(&digest, "sha256:%.*s", (int)length, name) < 0 ? NULL : digest;
}

static int add_layers(struct oci_image *image, const json_t *layers, struct error *err)
{
	const json_t *layer;
	size_t i;

	if (!json_is_array(layers))
		return error_set(err, -EBADMSG, "'manifest.json' has no list of layers");
	json_array_foreach((json_t *)layers, i, layer)
	{
		const char *path = json_string_value(layer);

		if (!path || !*path)
			return error_set(err, -EBADMSG, "the path of layer %zu is no string",
					 i + 1);
		/* what a layer is called proves nothing in the old form; its diff_id does */
		if (oci_image_add_layer(image, path, NULL, UINT64_MAX) < 0)
			return error_oom(err);
	}
	return oci_image_take_diff_ids(image, err);
}

static int image_of(const struct oci_store *store, const json_t *item, const char *ref,
		    struct oci_image **ret_image, struct error *err)
{
	_cleanup_(oci_image_freep) struct oci_image *image = NULL;
	_cleanup_(json_freep) json_t *config = NULL;
	_cleanup_(freep) char *digest = NULL;
	const char *path = json_text(item, "Config");
	int r;

	if (!path || !*path)
		return error_set(err, -EBADMSG, "'manifest.json' names no configuration");
	if (!ref)
		ref = json_string_value(json_array_get(json_object_get(item, "RepoTags"), 0));
	digest = digest_in_path(path);
	r = oci_store_json(store, path, digest, &config, err);
	if (r < 0)
		return r;
	if (oci_image_new(config, IMAGE_CONFIG_DOCKER, ref, &image) < 0)
		return error_oom(err);
	r = add_layers(image, json_object_get(item, "Layers"), err);
	if (r == 0)
		*ret_image = take(image);
	return r;
}

int docker_archive_image(const struct oci_store *store, const struct oci_choice *choice,
			 struct oci_image **ret_image, struct error *err)
{
	_cleanup_(oci_image_freep) struct oci_image *image = NULL;
	_cleanup_(json_freep) json_t *manifest = NULL;
	const json_t *item = NULL;
	int r;

	r = oci_store_json(store, "manifest.json", NULL, &manifest, err);
	if (r < 0)
		return r;
	r = choose(manifest, choice->ref, &item, err);
	if (r == 0)
		r = image_of(store, item, choice->ref, &image, err);
	if (r == 0)
		r = oci_image_check_platform(image, choice->platform, err);
	if (r < 0)
		return error_prefix(err, r, "'%s'", oci_store_name(store));
	*ret_image = take(image);
	return 0;
}
