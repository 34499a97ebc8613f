// SPDX-License-Identifier: BSD-2-Clause
#include "pack/oci/write.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/digest.h"
#include "pack/oci/blobs.h"
#include "pack/oci/derived.h"
#include "pack/oci/oci.h"
#include "pack/oci/store.h"

enum { PLATFORM_SIZE = 96 };

/* ---- names ---- */

static const char name_bytes[] = "abcdefghijklmnopqrstuvwxyz0123456789._-/:";
static const char tag_bytes[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

/* The tag in a name: behind the last colon, unless that belongs to a registry's port. */
static const char *tag_of(const char *name)
{
	const char *colon = strrchr(name, ':');

	return colon && !strchr(colon, '/') ? colon + 1 : NULL;
}

int oci_name_check(const char *name, struct error *err)
{
	const char *tag = tag_of(name);
	size_t length = tag ? (size_t)(tag - 1 - name) : strlen(name);

	if (length && strspn(name, name_bytes) >= length && name[0] != '/' && name[0] != ':' &&
	    name[length - 1] != '/' && !strstr(name, "//") &&
	    (!tag || (*tag && strspn(tag, tag_bytes) == strlen(tag) && strlen(tag) <= 128)))
		return 0;
	return error_set(err, -EINVAL,
			 "'%s' is no name for an image: lower-case letters, digits and ._-/, then "
			 "perhaps :TAG",
			 name);
}

char *oci_name_tagged(const char *name)
{
	char *whole = NULL;

	return asprintf(&whole, tag_of(name) ? "%s" : "%s:latest", name) < 0 ? NULL : whole;
}

/* It begins with a registry: what engines then do not put before it. */
static bool has_host(const char *name)
{
	size_t first = strcspn(name, "/");

	return name[first] && (memchr(name, '.', first) || memchr(name, ':', first) ||
			       strncmp(name, "localhost/", 10) == 0);
}

char *oci_name_qualified(const char *name, bool docker)
{
	char *whole = NULL;

	if (asprintf(&whole, "%s%s",
		     has_host(name)	 ? ""
		     : !docker		 ? "localhost/"
		     : strchr(name, '/') ? "docker.io/"
					 : "docker.io/library/",
		     name) < 0)
		return NULL;
	return whole;
}

/* ---- the layer ---- */

/* The packed layer, in an unnamed file, as a blob of the tree. */
static int add_layer(struct tree *tree, struct node *root, const struct oci_write_options *options,
		     int fd, struct layer_written *ret_written, json_t **ret_descriptor,
		     struct error *err)
{
	int r;

	r = layer_write(root, &options->layer, fd, ret_written, err);
	if (r < 0)
		return error_prefix(err, r, "the image's layer");
	r = blob_add_range(tree, ret_written->digest, fd, 0, ret_written->size, err);
	if (r < 0)
		return r;
	*ret_descriptor = blob_descriptor(blob_layer_media(options->layer.compression),
					  ret_written->digest, ret_written->size);
	return *ret_descriptor ? 0 : error_oom(err);
}

/* ---- what they say ---- */

static int newest(struct node *node, void *data)
{
	int64_t *time = data;

	if (node->inode->mtime > *time)
		*time = node->inode->mtime;
	return 0;
}

/* When it was made: what the image that came in says, else the newest time of any file. */
static void created(struct node *root, const struct oci_write_options *options, char text[64])
{
	const struct image_config *image = options->derived.image;
	const char *stated = image ? json_text(image->json, "created") : NULL;
	int64_t seconds = 0;
	time_t time;
	struct tm tm;

	tree_walk(node_tree(root), newest, &seconds);
	if (options->layer.has_time && seconds > options->layer.time)
		seconds = options->layer.time;
	time = (time_t)seconds;
	if (stated && strlen(stated) < 64)
		strcpy(text, stated);
	else if (!gmtime_r(&time, &tm) || strftime(text, 64, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		strcpy(text, "1970-01-01T00:00:00Z");
}

/* The part of "os/architecture/variant" with this number, or NULL; `text` holds it. */
static const char *platform_part(const char *platform, int number, char text[32])
{
	for (; number; number--) {
		platform = strchr(platform, '/');
		if (!platform++)
			return NULL;
	}
	snprintf(text, 32, "%.*s", (int)strcspn(platform, "/"), platform);
	return *text ? text : NULL;
}

/* What was asked for, else what the image that came in says, else this machine. */
static const char *platform_of(const struct oci_write_options *options, char text[PLATFORM_SIZE])
{
	const json_t *image = options->derived.image ? options->derived.image->json : NULL;
	const char *os = json_text(image, "os"), *variant = json_text(image, "variant");
	const char *architecture = json_text(image, "architecture");

	if (options->platform)
		return options->platform;
	if (!os || !*os || !architecture || !*architecture ||
	    strlen(os) + strlen(architecture) + (variant ? strlen(variant) : 0) + 3 > PLATFORM_SIZE)
		return oci_platform_here();
	snprintf(text, PLATFORM_SIZE, "%s/%s%s%s", os, architecture, variant && *variant ? "/" : "",
		 variant ? variant : "");
	return text;
}

static int make_config(struct node *root, json_t *config, const struct oci_write_options *options,
		       const struct oci_written *written, json_t **ret_config, struct error *err)
{
	const struct image_config *image = options->derived.image;
	char when[64], os[32], architecture[32], variant[32], whole[PLATFORM_SIZE];
	const char *platform = platform_of(options, whole);
	_cleanup_(json_freep) json_t *json = NULL;

	created(root, options, when);
	json = json_pack("{s:s, s:s, s:s, s:s*, s:s*, s:O, s:{s:s, s:[s+]}, s:o}", "created", when,
				"os", platform_part(platform, 0, os), "architecture",
				platform_part(platform, 1, architecture), "variant",
				platform_part(platform, 2, variant), "author",
				image ? json_text(image->json, "author") : NULL, "config", config,
				"rootfs", "type", "layers", "diff_ids", "sha256:",
				written->layer.diff_id, "history", derived_history(image, when));
	if (!json)
		return error_oom(err);
	if (options->guard)
		return traced_config(json, &options->guard->traced, ret_config, err);
	*ret_config = take(json);
	return 0;
}

/* In an archive the image has its whole name, in a layout there is only a tag: so skopeo and podman have it. */
static int add_index(struct tree *tree, json_t *manifest, const struct oci_write_options *options,
		     struct error *err)
{
	_cleanup_(freep) char *name = oci_name_tagged(options->name), *whole = NULL;
	const char *ref;

	whole = name ? oci_name_qualified(name, options->derived.docker) : NULL;
	if (!whole)
		return error_oom(err);
	ref = options->directory ? tag_of(name) : options->derived.docker ? name : whole;
	return blob_add_index(tree, manifest,
			      json_pack("{s:s, s:s}", "org.opencontainers.image.ref.name", ref,
					"io.containerd.image.name", whole), err);
}

static int add_guard(struct node *root, const json_t *config, const struct oci_guard *guard,
		     struct error *err)
{
	struct traced_layer layer = guard->layer;
	const char *user = json_text(config, "User");

	layer.user = user && *user ? user : NULL;
	return traced_layer_add(node_tree(root), &layer, err);
}

static int fill(struct tree *tree, struct node *root, const json_t *start,
		const struct oci_write_options *options, int fd, struct oci_written *written,
		struct error *err)
{
	_cleanup_(json_freep) json_t *config = NULL, *manifest = NULL, *layers = NULL;
	_cleanup_(json_freep) json_t *layer_at = NULL, *config_at = NULL, *manifest_at = NULL;
	_cleanup_(json_freep) json_t *own = NULL;
	_cleanup_(freep) char *name = oci_name_tagged(options->name);
	int r = derived_config(root, start, &options->derived, &written->notes, &own, err);

	if (r == 0 && options->guard)
		r = add_guard(root, own, options->guard, err);
	if (r == 0)
		r = add_layer(tree, root, options, fd, &written->layer, &layer_at, err);
	if (r == 0)
		r = make_config(root, own, options, written, &config, err);
	if (r == 0)
		r = blob_add_json(tree, config, BLOB_MEDIA("config.v1+json"), &config_at, err);
	if (r < 0)
		return r;
	layers = json_pack("[O]", layer_at);
	manifest = json_pack("{s:i, s:s, s:O, s:O}", "schemaVersion", 2, "mediaType",
			     BLOB_MEDIA("manifest.v1+json"), "config", config_at, "layers", layers);
	if (!manifest || !name)
		return error_oom(err);
	r = blob_add_json(tree, manifest, BLOB_MEDIA("manifest.v1+json"), &manifest_at, err);
	if (r == 0)
		r = add_index(tree, manifest_at, options, err);
	return r < 0 ? r : blob_add_docker_manifest(tree, config_at, layers, name, err);
}

int oci_write_tree(struct node *root, const json_t *start, const struct oci_write_options *options,
		   struct tree **ret_tree, int *ret_layer, struct oci_written *ret_written,
		   struct error *err)
{
	_cleanup_(tree_freep) struct tree *tree = NULL;
	_cleanup_(content_file_freep) struct content_file *contents = NULL;
	_cleanup_(closep) int fd = -1;
	int r;

	r = oci_name_check(options->name, err);
	if (r == 0)
		r = content_file_new(options->tmpdir, &contents, err);
	if (r < 0)
		return r;
	fd = dup(content_file_fd(contents));
	if (fd < 0 || tree_new(&tree) < 0)
		return error_oom(err);
	r = fill(tree, root, start, options, fd, ret_written, err);
	if (r < 0)
		return r;
	*ret_tree = take(tree);
	*ret_layer = take_fd(&fd);
	return 0;
}
