// SPDX-License-Identifier: BSD-2-Clause
#include "pack/oci/oci.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/text.h"
#include "pack/oci/image_config.h"

#define ANNOTATION_REF "org.opencontainers.image.ref.name"
#define ANNOTATION_CONTAINERD "io.containerd.image.name"
#define ANNOTATION_DOCKER_TYPE "vnd.docker.reference.type"

enum { INDEX_DEPTH_MAX = 4 };

bool oci_layout_is(const struct oci_store *store)
{
	return oci_store_has(store, "oci-layout") && oci_store_has(store, "index.json");
}

bool oci_dir_is(const struct oci_store *store)
{
	return oci_store_has(store, "version") && oci_store_has(store, "manifest.json");
}

/* ---- descriptors ---- */

static const char *annotation(const json_t *descriptor, const char *key)
{
	return json_text(json_object_get(descriptor, "annotations"), key);
}

static const char *ref_of(const json_t *descriptor)
{
	const char *ref = annotation(descriptor, ANNOTATION_REF);

	return ref ? ref : annotation(descriptor, ANNOTATION_CONTAINERD);
}

/* Provenance and such, kept beside images in an index; never a root file system. */
static bool is_attestation(const json_t *descriptor)
{
	const json_t *platform = json_object_get(descriptor, "platform");
	const char *os = json_text(platform, "os");

	return annotation(descriptor, ANNOTATION_DOCKER_TYPE) || (os && strcmp(os, "unknown") == 0);
}

static bool is_called(const json_t *descriptor, const char *ref)
{
	const char *name = annotation(descriptor, ANNOTATION_REF);
	const char *containerd = annotation(descriptor, ANNOTATION_CONTAINERD);

	return (name && strcmp(name, ref) == 0) || (containerd && strcmp(containerd, ref) == 0);
}

static bool is_for(const json_t *descriptor, const char *platform)
{
	const json_t *stated = json_object_get(descriptor, "platform");

	return oci_platform_matches(json_text(stated, "os"), json_text(stated, "architecture"),
				    json_text(stated, "variant"), platform);
}

/* ---- choosing one of an index ---- */

/* The names of what there is, for the user to choose from. */
static int say_choices(const json_t *manifests, size_t count, struct error *err)
{
	_cleanup_(text_release) struct text names = TEXT_INIT;
	const json_t *descriptor;
	size_t i;

	json_array_foreach((json_t *)manifests, i, descriptor)
	{
		const char *ref = ref_of(descriptor);

		if (is_attestation(descriptor) || !ref)
			continue;
		text_add(&names, names.size ? ", " : "");
		text_add_escaped(&names, ref);
	}
	if (text_failed(&names))
		return error_oom(err);
	return error_set(err, -EINVAL, "holds %zu images (%s): choose one with --ref or --platform",
			 count, names.size ? names.bytes : "without names");
}

/* What is asked of an image; NULL: anything will do. */
struct wanted {
	const char *ref, *platform;
	const char *variant; /* exactly so; "": none is stated */
};

static bool is_wanted(const json_t *descriptor, const struct wanted *wanted)
{
	const char *variant = json_text(json_object_get(descriptor, "platform"), "variant");

	return !is_attestation(descriptor) && (!wanted->ref || is_called(descriptor, wanted->ref)) &&
	       (!wanted->platform || is_for(descriptor, wanted->platform)) &&
	       (!wanted->variant || strcmp(variant ? variant : "", wanted->variant) == 0);
}

/* *ret_one is the first of them. */
static size_t count_matches(const json_t *manifests, const struct wanted *wanted, json_t **ret_one)
{
	json_t *descriptor;
	size_t i, count = 0;

	json_array_foreach((json_t *)manifests, i, descriptor)
		if (is_wanted(descriptor, wanted) && count++ == 0)
			*ret_one = descriptor;
	return count;
}

/* "v7" of "linux/arm/v7"; NULL: there is none. */
static const char *variant_of(const char *platform)
{
	const char *slash = strchr(platform, '/');

	slash = slash ? strchr(slash + 1, '/') : NULL;
	return slash ? slash + 1 : NULL;
}

/*
 * Of several for one platform, those of the variant that was asked for, else those that run on most of its
 * machines: which state none, or the first of the variants.
 */
static size_t count_best(const json_t *manifests, struct wanted wanted, json_t **ret_one)
{
	const char *const variants[] = {variant_of(wanted.platform), "", "v1", "v8", "v5", "v6", "v7"};
	size_t count = 0;

	for (size_t i = 0; i < sizeof(variants) / sizeof(*variants) && count == 0; i++) {
		wanted.variant = variants[i];
		if (wanted.variant)
			count = count_matches(manifests, &wanted, ret_one);
	}
	return count;
}

static int choose(const json_t *index, const char *ref, const char *platform, json_t **ret_one,
		  struct error *err)
{
	const json_t *manifests = json_object_get(index, "manifests");
	struct wanted wanted = {.ref = ref};
	size_t count = count_matches(manifests, &wanted, ret_one);

	if (!json_is_array(manifests))
		return error_set(err, -EBADMSG, "an index has no list of manifests");
	if (count == 0 && ref)
		return error_set(err, -ENOENT, "holds no image called '%s'", ref);
	if (count == 0)
		return error_set(err, -ENOENT, "holds no image");
	if (count == 1 && !platform)
		return 0;
	wanted.platform = platform ? platform : oci_platform_here();
	count = count_matches(manifests, &wanted, ret_one);
	if (count == 0)
		return error_set(err, -ENOENT, "holds no image for %s: choose one with --platform",
				 wanted.platform);
	if (count == 1 || count_best(manifests, wanted, ret_one) == 1)
		return 0;
	return say_choices(manifests, count, err);
}

/* ---- reading ---- */

/* The JSON a descriptor points at, its digest checked. */
static int read_descriptor(const struct oci_store *store, const json_t *descriptor,
			   json_t **ret_json, struct error *err)
{
	const char *digest = json_text(descriptor, "digest");
	_cleanup_(freep) char *path = NULL;
	int r = oci_digest_check(digest, err);

	if (r < 0)
		return r;
	path = oci_store_blob(store, digest);
	if (!path)
		return error_oom(err);
	return oci_store_json(store, path, digest, ret_json, err);
}

/* From index.json down through nested indexes to one manifest. */
static int find_manifest(const struct oci_store *store, const struct oci_choice *choice,
			 json_t **ret_manifest, char **ret_ref, struct error *err)
{
	_cleanup_(json_freep) json_t *at = NULL;
	const char *ref = choice->ref;
	int r = oci_store_json(store, oci_layout_is(store) ? "index.json" : "manifest.json", NULL, &at, err);

	/* in a directory of skopeo's there is one image, and it has no name */
	if (r == 0 && !oci_layout_is(store))
		ref = NULL;
	for (int depth = 0; r == 0 && json_object_get(at, "manifests"); depth++) {
		json_t *one = NULL, *next = NULL;

		if (depth == INDEX_DEPTH_MAX)
			return error_set(err, -EBADMSG, "has indexes in indexes without end");
		r = choose(at, ref, choice->platform, &one, err);
		if (r < 0)
			return r;
		if (!*ret_ref && ref_of(one) && !(*ret_ref = strdup(ref_of(one))))
			return error_oom(err);
		/* a name belongs to the outermost index; below it only platforms differ */
		ref = NULL;
		r = read_descriptor(store, one, &next, err);
		if (r == 0) {
			json_decref(at);
			at = next;
		}
	}
	if (r < 0)
		return r;
	*ret_manifest = take(at);
	return 0;
}

static int add_layer(const struct oci_store *store, struct oci_image *image, const json_t *descriptor,
		     struct error *err)
{
	const char *digest = json_text(descriptor, "digest");
	const char *type = json_text(descriptor, "mediaType");
	json_int_t size = json_integer_value(json_object_get(descriptor, "size"));
	_cleanup_(freep) char *path = NULL;
	int r = oci_digest_check(digest, err);

	if (r < 0)
		return r;
	if (type && strstr(type, "encrypted"))
		return error_set(err, -ENOTSUP, "layer %s is encrypted", digest);
	if (size < 0)
		return error_set(err, -EBADMSG, "layer %s has a negative size", digest);
	path = oci_store_blob(store, digest);
	if (!path || oci_image_add_layer(image, path, digest, (uint64_t)size) < 0)
		return error_oom(err);
	return 0;
}

/* Docker's kind of manifest: nothing but the types differs. */
static bool is_docker(const json_t *manifest)
{
	const char *type = json_text(json_object_get(manifest, "config"), "mediaType");

	return type && strcmp(type, IMAGE_CONFIG_DOCKER) == 0;
}

static int image_of(const struct oci_store *store, const json_t *manifest, const char *ref,
		    struct oci_image **ret_image, struct error *err)
{
	_cleanup_(oci_image_freep) struct oci_image *image = NULL;
	_cleanup_(json_freep) json_t *config = NULL;
	const json_t *layers = json_object_get(manifest, "layers"), *descriptor;
	size_t i;
	int r;

	if (!json_is_array(layers))
		return error_set(err, -EBADMSG, "the manifest has no list of layers");
	r = read_descriptor(store, json_object_get(manifest, "config"), &config, err);
	if (r < 0)
		return error_prefix(err, r, "configuration");
	if (oci_image_new(config, is_docker(manifest) ? IMAGE_CONFIG_DOCKER : IMAGE_CONFIG_OCI, ref,
			  &image) < 0)
		return error_oom(err);
	json_array_foreach((json_t *)layers, i, descriptor)
	{
		r = add_layer(store, image, descriptor, err);
		if (r < 0)
			return r;
	}
	r = oci_image_take_diff_ids(image, err);
	if (r == 0)
		*ret_image = take(image);
	return r;
}

int oci_layout_image(const struct oci_store *store, const struct oci_choice *choice,
		     struct oci_image **ret_image, struct error *err)
{
	_cleanup_(oci_image_freep) struct oci_image *image = NULL;
	_cleanup_(json_freep) json_t *manifest = NULL;
	_cleanup_(freep) char *ref = NULL;
	int r;

	r = find_manifest(store, choice, &manifest, &ref, err);
	if (r == 0)
		r = image_of(store, manifest, ref, &image, err);
	if (r == 0)
		r = oci_image_check_platform(image, choice->platform, err);
	if (r < 0)
		return error_prefix(err, r, "'%s'", oci_store_name(store));
	*ret_image = take(image);
	return 0;
}
