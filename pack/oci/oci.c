// SPDX-License-Identifier: BSD-2-Clause
#include "pack/oci/oci.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "db/base/cleanup.h"

static void layer_release(struct oci_layer *layer)
{
	free(layer->path);
	free(layer->digest);
	free(layer->diff_id);
}

void oci_image_free(struct oci_image *image)
{
	if (!image)
		return;
	for (size_t i = 0; i < image->layers.count; i++)
		layer_release(&image->layers.items[i]);
	array_release(&image->layers);
	json_decref(image->config);
	free(image->ref);
	free(image);
}

void oci_image_freep(struct oci_image **image)
{
	oci_image_free(*image);
}

int oci_image_new(json_t *config, const char *type, const char *ref, struct oci_image **ret_image)
{
	_cleanup_(oci_image_freep) struct oci_image *image = calloc(1, sizeof(*image));

	if (!image)
		return -ENOMEM;
	image->ref = ref ? strdup(ref) : NULL;
	if (ref && !image->ref)
		return -ENOMEM;
	image->config = json_incref(config);
	if (json_is_object(config) && json_set(config, "mediaType", json_string(type)) < 0)
		return -ENOMEM;
	*ret_image = take(image);
	return 0;
}

int oci_image_add_layer(struct oci_image *image, const char *path, const char *digest,
			uint64_t size)
{
	struct oci_layer layer = {.path = strdup(path), .size = size};

	layer.digest = digest ? strdup(digest) : NULL;
	if (layer.path && (!digest || layer.digest) && array_push(&image->layers, layer) == 0)
		return 0;
	layer_release(&layer);
	return -ENOMEM;
}

int oci_image_take_diff_ids(struct oci_image *image, struct error *err)
{
	const json_t *ids = json_object_get(json_object_get(image->config, "rootfs"), "diff_ids");

	if (!json_is_array(ids) || json_array_size(ids) != image->layers.count)
		return error_set(err, -EBADMSG,
				 "the configuration names %zu layers, the manifest has %zu",
				 json_array_size(ids), image->layers.count);
	for (size_t i = 0; i < image->layers.count; i++) {
		const char *id = json_string_value(json_array_get(ids, i));
		int r = oci_digest_check(id, err);

		if (r < 0)
			return error_prefix(err, r, "diff_id of layer %zu", i + 1);
		image->layers.items[i].diff_id = strdup(id);
		if (!image->layers.items[i].diff_id)
			return error_oom(err);
	}
	return 0;
}

/* ---- platforms ---- */

/* What uname(2) calls a machine, and what OCI (after Go) does. */
static const char *architecture_of(const char *machine)
{
	static const char *const names[][2] = {
		{"aarch64", "arm64"}, {"armv6l", "arm/v6"},	  {"armv7l", "arm/v7"},
		{"i386", "386"},	  {"i686", "386"},	  {"loongarch64", "loong64"},
		{"mips64", "mips64"}, {"ppc64le", "ppc64le"}, {"riscv64", "riscv64"},
		{"s390x", "s390x"},	  {"x86_64", "amd64"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(names[i][0], machine) == 0)
			return names[i][1];
	return machine;
}

const char *oci_platform_here(void)
{
	static char platform[80];
	struct utsname name;

	if (uname(&name) < 0)
		return "linux/amd64";
	snprintf(platform, sizeof(platform), "linux/%s", architecture_of(name.machine));
	return platform;
}

/* One part of "a/b/c" against what is stated, both sides optional. */
static bool part_matches(const char *stated, const char **platform)
{
	size_t length = strcspn(*platform, "/");
	bool same = !length || !stated || !*stated ||
		    (strlen(stated) == length && strncmp(stated, *platform, length) == 0);

	*platform += length + ((*platform)[length] == '/');
	return same;
}

bool oci_platform_matches(const char *os, const char *architecture, const char *variant,
			  const char *platform)
{
	return part_matches(os, &platform) && part_matches(architecture, &platform) &&
	       part_matches(variant, &platform);
}

int oci_image_check_platform(const struct oci_image *image, const char *platform, struct error *err)
{
	const char *os = json_text(image->config, "os"), *variant = json_text(image->config, "variant");
	const char *architecture = json_text(image->config, "architecture");

	if (oci_platform_matches(os, architecture, platform ? variant : NULL,
				 platform ? platform : oci_platform_here()))
		return 0;
	return error_set(err, -ENOENT, "the image is for %s/%s, not %s%s", os ? os : "?",
			 architecture ? architecture : "?", platform ? platform : oci_platform_here(),
			 platform ? "" : ", which this machine is (--platform takes it)");
}

/* ---- layers ---- */

static int apply_one(const struct oci_store *store, const struct oci_layer *layer,
		     const struct layer_options *options, struct tree *tree,
		     struct layer_stats *stats, struct error *err)
{
	_cleanup_(oci_blob_release) struct oci_blob blob = OCI_BLOB_INIT;
	struct layer_options own = *options;
	struct layer_source source;
	int r;

	r = oci_blob_open(store, layer->path, &blob, err);
	if (r < 0)
		return r;
	if (layer->size != UINT64_MAX && layer->size != blob.size)
		return error_set(err, -EBADMSG, "has %llu bytes, not the %llu its manifest states",
				 (unsigned long long)blob.size, (unsigned long long)layer->size);
	own.whiteouts = true;
	own.digest = layer->digest;
	own.diff_id = layer->diff_id;
	own.digested = layer->digest || layer->diff_id;
	source = (struct layer_source){.fd = blob.fd,
				       .name = layer->path,
				       .ranged = true,
				       .offset = blob.offset,
				       .size = blob.size};
	return layer_apply(&source, &own, tree, stats, err);
}

int oci_image_apply(const struct oci_store *store, const struct oci_image *image,
		    const struct layer_options *options, struct tree *tree,
		    struct layer_stats *stats, struct error *err)
{
	for (size_t i = 0; i < image->layers.count; i++) {
		int r = apply_one(store, &image->layers.items[i], options, tree, stats, err);

		if (r < 0)
			return error_prefix(err, r, "'%s': layer %zu of %zu", oci_store_name(store),
					    i + 1, image->layers.count);
	}
	return 0;
}
