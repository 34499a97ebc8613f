// SPDX-License-Identifier: BSD-2-Clause
#include "pack/oci/differential.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "pack/oci/blobs.h"
#include "pack/oci/write.h"
#include "pack/tree/content_file.h"

/* ---- written ---- */

static json_t *make_config(const struct differential *what, const char *diff_id)
{
	const char *platform = oci_platform_here(), *slash = strchr(platform, '/'), *variant = strchr(slash + 1, '/');

	return json_pack("{s:s%, s:s%, s:s*, s:{s:{s:s, s:s, s:o}}, s:{s:s, s:[s+]}}", "os", platform,
			 (size_t)(slash - platform), "architecture", slash + 1, strcspn(slash + 1, "/"), "variant",
			 variant ? variant + 1 : NULL, "config", "Labels", DIFFERENTIAL_LABEL_BASE, what->base,
			 DIFFERENTIAL_LABEL_NAME, what->base_name, DIFFERENTIAL_LABEL_FROM,
			 json_path(what->base_from), "rootfs", "type", "layers", "diff_ids", "sha256:", diff_id);
}

static int fill(struct tree *tree, const struct differential *what, int fd, const struct layer_written *layer,
		struct error *err)
{
	_cleanup_(json_freep) json_t *config = make_config(what, layer->diff_id), *config_at = NULL;
	_cleanup_(json_freep) json_t *manifest = NULL, *manifest_at = NULL;
	_cleanup_(freep) char *name = oci_name_tagged(what->name);
	int r = blob_add_range(tree, layer->digest, fd, 0, layer->size, err);

	if (r == 0 && (!config || !name))
		r = error_oom(err);
	if (r == 0)
		r = blob_add_json(tree, config, BLOB_MEDIA("config.v1+json"), &config_at, err);
	if (r < 0)
		return r;
	manifest = json_pack("{s:i, s:s, s:O, s:[o], s:O}", "schemaVersion", 2, "mediaType",
			     BLOB_MEDIA("manifest.v1+json"), "config", config_at, "layers",
			     blob_descriptor(blob_layer_media(LAYER_ZSTD), layer->digest, layer->size),
			     "annotations", json_object_get(json_object_get(config, "config"), "Labels"));
	if (!manifest)
		return error_oom(err);
	r = blob_add_json(tree, manifest, BLOB_MEDIA("manifest.v1+json"), &manifest_at, err);
	return r < 0 ? r
		     : blob_add_index(tree, manifest_at,
				      json_pack("{s:s}", "org.opencontainers.image.ref.name", name), err);
}

int differential_write(struct node *root, const struct differential *what, int fd, struct layer_written *ret_layer,
		       struct error *err)
{
	const struct layer_write_options packed = {.compression = LAYER_ZSTD}, plain = {0};
	_cleanup_(content_file_freep) struct content_file *contents = NULL;
	_cleanup_(tree_freep) struct tree *tree = NULL;
	struct layer_written layer, whole;
	int r = content_file_new(NULL, &contents, err);

	if (r == 0)
		r = layer_write(root, &packed, content_file_fd(contents), &layer, err);
	if (r == 0 && tree_new(&tree) < 0)
		r = error_oom(err);
	if (r == 0)
		r = fill(tree, what, content_file_fd(contents), &layer, err);
	if (r == 0)
		r = layer_write(tree_root(tree), &plain, fd, &whole, err);
	if (r == 0)
		*ret_layer = layer;
	return r;
}

/* ---- read ---- */

static const char *label(const struct oci_file *file, const char *name)
{
	return json_text(json_object_get(json_object_get(file->image->config, "config"), "Labels"), name);
}

int differential_of(const struct oci_file *file, struct differential *ret_what, struct error *err)
{
	const char *base = label(file, DIFFERENTIAL_LABEL_BASE), *name = label(file, DIFFERENTIAL_LABEL_NAME);
	const char *from = label(file, DIFFERENTIAL_LABEL_FROM);
	int r;

	if (!base || file->image->layers.count != 1)
		return error_set(err, -EBADMSG, "is an image of its own, not what 'sfc dev export' writes: "
						"'sfc dev create --from' takes it");
	r = oci_digest_check(base, err);
	if (r < 0)
		return error_prefix(err, r, "its base");
	*ret_what = (struct differential){file->image->ref, base, name ? name : "?", from ? from : "?"};
	return 0;
}

int differential_read(const struct oci_file *file, const struct layer_options *options, struct tree *tree,
		      struct error *err)
{
	const struct oci_layer *layer = &file->image->layers.items[0];
	_cleanup_(oci_blob_release) struct oci_blob blob = OCI_BLOB_INIT;
	struct layer_options own = *options;
	struct layer_stats stats = {0};
	struct layer_source source;
	int r = oci_blob_open(file->store, layer->path, &blob, err);

	if (r < 0)
		return r;
	own.whiteouts = false;
	own.digest = layer->digest;
	own.diff_id = layer->diff_id;
	own.digested = layer->digest || layer->diff_id;
	source = (struct layer_source){
		.fd = blob.fd, .name = layer->path, .ranged = true, .offset = blob.offset, .size = blob.size};
	return layer_apply(&source, &own, tree, &stats, err);
}
