// SPDX-License-Identifier: BSD-2-Clause
#include "pack/oci/relayer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/digest.h"
#include "db/base/io.h"
#include "db/base/json.h"
#include "pack/oci/write.h"

#define MEDIA "application/vnd.oci.image."

enum { CHUNK = 256 * 1024 };

void relayer_release(struct relayer *relayer)
{
	tree_free(relayer->tree);
	for (size_t i = 0; i < relayer->blobs.count; i++)
		oci_blob_release(&relayer->blobs.items[i]);
	array_release(&relayer->blobs);
	content_file_free(relayer->contents);
	json_decref(relayer->config);
	json_decref(relayer->layers);
	*relayer = (struct relayer){0};
}

/* ---- blobs ---- */

static int blob_node(struct tree *tree, const char *hex, struct node **ret_node)
{
	char path[32 + DIGEST_HEX_SIZE];

	snprintf(path, sizeof(path), "/blobs/sha256/%s", hex);
	return tree_insert(tree, path, S_IFREG | 0644, ret_node, NULL);
}

/* A range of a file under its digest; the same layer twice is one. */
static int add_range(struct tree *tree, const char *hex, int fd, uint64_t offset, uint64_t size,
		     struct error *err)
{
	struct node *node;
	int r = blob_node(tree, hex, &node);

	if (r == -EEXIST)
		return 0;
	if (r < 0)
		return error_oom(err);
	node->inode->size = size;
	node->inode->content.kind = CONTENT_RANGE;
	node->inode->content.fd = fd;
	node->inode->content.offset = offset;
	return 0;
}

static int add_text(struct tree *tree, const char *path, const json_t *json, struct error *err)
{
	_cleanup_(freep) char *text = json_dumps(json, JSON_COMPACT);
	struct node *node;

	if (!text || tree_insert(tree, path, S_IFREG | 0644, &node, NULL) < 0 ||
	    inode_set_bytes(node->inode, text, strlen(text)) < 0)
		return error_oom(err);
	return 0;
}

/* As a blob; *ret_descriptor says where. */
static int add_json(struct tree *tree, const json_t *json, const char *type,
		    json_t **ret_descriptor, struct error *err)
{
	_cleanup_(digest_freep) struct digest *digest = NULL;
	_cleanup_(freep) char *text = json_dumps(json, JSON_COMPACT);
	char hex[DIGEST_HEX_SIZE];
	struct node *node;
	int r;

	if (!text || digest_new(&digest) < 0)
		return error_oom(err);
	if (digest_add(digest, text, strlen(text)) < 0 || digest_finish(digest, hex) < 0)
		return error_set(err, -EIO, "cannot digest");
	r = blob_node(tree, hex, &node);
	if (r < 0 || inode_set_bytes(node->inode, text, strlen(text)) < 0)
		return error_oom(err);
	*ret_descriptor = json_pack("{s:s, s:s+, s:I}", "mediaType", type, "digest", "sha256:", hex,
				    "size", (json_int_t)strlen(text));
	return *ret_descriptor ? 0 : error_oom(err);
}

/* ---- layers ---- */

/* What a layer is compressed with, by its first bytes. */
static const char *layer_type(const unsigned char start[4])
{
	if (start[0] == 0x1f && start[1] == 0x8b)
		return MEDIA "layer.v1.tar+gzip";
	if (memcmp(start, "\x28\xb5\x2f\xfd", 4) == 0)
		return MEDIA "layer.v1.tar+zstd";
	return MEDIA "layer.v1.tar";
}

static int digest_range(const struct oci_blob *blob, char hex[DIGEST_HEX_SIZE],
			unsigned char start[4], const volatile int *cancel)
{
	_cleanup_(digest_freep) struct digest *digest = NULL;
	_cleanup_(freep) char *buffer = malloc(CHUNK);

	if (!buffer || digest_new(&digest) < 0)
		return -ENOMEM;
	for (uint64_t done = 0; done < blob->size;) {
		size_t wanted = blob->size - done < CHUNK ? (size_t)(blob->size - done) : CHUNK;

		if (cancel && *cancel)
			return -EINTR;
		if (io_pread(blob->fd, buffer, wanted, blob->offset + done) != (ssize_t)wanted ||
		    digest_add(digest, buffer, wanted) < 0)
			return -EIO;
		if (done == 0)
			memcpy(start, buffer, wanted < 4 ? wanted : 4);
		done += wanted;
	}
	return digest_finish(digest, hex);
}

static int describe_layer(struct relayer *relayer, const char *type, const char *hex, uint64_t size,
			  struct error *err)
{
	json_t *layer = json_pack("{s:s, s:s+, s:I}", "mediaType", type, "digest", "sha256:", hex,
				  "size", (json_int_t)size);

	return json_array_append_new(relayer->layers, layer) < 0 ? error_oom(err) : 0;
}

/* One that is there: as it lies, but not if it is not what its manifest says. */
static int keep_layer(struct relayer *relayer, const struct oci_store *store,
		      const struct oci_layer *layer, const volatile int *cancel, struct error *err)
{
	struct oci_blob blob = OCI_BLOB_INIT;
	unsigned char start[4] = {0};
	char hex[DIGEST_HEX_SIZE];
	int r = oci_blob_open(store, layer->path, &blob, err);

	if (r < 0)
		return r;
	if (array_push(&relayer->blobs, blob) < 0) {
		oci_blob_release(&blob);
		return error_oom(err);
	}
	if (layer->size != UINT64_MAX && layer->size != blob.size)
		return error_set(err, -EBADMSG, "has %llu bytes, not the %llu its manifest states",
				 (unsigned long long)blob.size, (unsigned long long)layer->size);
	r = digest_range(&blob, hex, start, cancel);
	if (r < 0)
		return error_code(err, r, "cannot read it");
	if (layer->digest && strcmp(layer->digest + 7, hex) != 0)
		return error_set(err, -EBADMSG, "is sha256:%s and not %s", hex, layer->digest);
	r = describe_layer(relayer, layer_type(start), hex, blob.size, err);
	return r < 0 ? r : add_range(relayer->tree, hex, blob.fd, blob.offset, blob.size, err);
}

static int keep_layers(struct relayer *relayer, const struct oci_store *store,
		       const struct oci_image *image, const volatile int *cancel, struct error *err)
{
	for (size_t i = 0; i < image->layers.count; i++) {
		int r = keep_layer(relayer, store, &image->layers.items[i], cancel, err);

		if (r < 0)
			return error_prefix(err, r, "'%s': layer %zu of %zu", oci_store_name(store),
					    i + 1, image->layers.count);
	}
	return 0;
}

static int top_layer(struct relayer *relayer, struct node *top, json_t *config,
		     const struct relayer_options *options, struct error *err)
{
	struct layer_write_options how = {.compression = LAYER_GZIP, .cancel = options->cancel};
	json_t *ids = json_object_get(json_object_get(config, "rootfs"), "diff_ids");
	json_t *history = json_object_get(config, "history");
	const char *created = json_text(config, "created");
	struct layer_written written;
	int fd = content_file_fd(relayer->contents);
	int r = layer_write(top, &how, fd, &written, err);

	if (r == 0)
		r = add_range(relayer->tree, written.digest, fd, 0, written.size, err);
	if (r == 0)
		r = describe_layer(relayer, MEDIA "layer.v1.tar+gzip", written.digest, written.size, err);
	if (r < 0)
		return r;
	relayer->layer_size = written.size;
	if (json_array_append_new(ids, json_pack("s+", "sha256:", written.diff_id)) < 0)
		return error_oom(err);
	/* where there is a history, it has a line for each layer */
	if (json_is_array(history) &&
	    json_array_append_new(history, json_pack("{s:s*, s:s}", "created", created, "created_by",
						     options->history)) < 0)
		return error_oom(err);
	return 0;
}

/* ---- what they say ---- */

static int add_docker_manifest(struct relayer *relayer, const char *config, const char *name,
			       struct error *err)
{
	_cleanup_(json_freep) json_t *list = NULL, *paths = json_array();
	const json_t *layer;
	size_t i;

	json_array_foreach(relayer->layers, i, layer) {
		const char *digest = json_text(layer, "digest");

		if (json_array_append_new(paths, json_pack("s+", "blobs/sha256/", digest + 7)) < 0)
			return error_oom(err);
	}
	list = json_pack("[{s:s+, s:[s], s:O}]", "Config", "blobs/sha256/", config + 7, "RepoTags", name,
			 "Layers", paths);
	return list ? add_text(relayer->tree, "/manifest.json", list, err) : error_oom(err);
}

static int add_layout(struct relayer *relayer, const json_t *config, const char *name,
		      struct error *err)
{
	_cleanup_(json_freep) json_t *manifest = NULL, *at = NULL, *index = NULL, *layout = NULL;
	int r;

	manifest = json_pack("{s:i, s:s, s:O, s:O}", "schemaVersion", 2, "mediaType",
			     MEDIA "manifest.v1+json", "config", config, "layers", relayer->layers);
	if (!manifest)
		return error_oom(err);
	r = add_json(relayer->tree, manifest, MEDIA "manifest.v1+json", &at, err);
	if (r < 0)
		return r;
	json_object_set_new(at, "annotations",
			    json_pack("{s:s}", "org.opencontainers.image.ref.name", name));
	index = json_pack("{s:i, s:s, s:[O]}", "schemaVersion", 2, "mediaType",
			  MEDIA "index.v1+json", "manifests", at);
	layout = json_pack("{s:s}", "imageLayoutVersion", "1.0.0");
	if (!index || !layout)
		return error_oom(err);
	r = add_text(relayer->tree, "/index.json", index, err);
	return r < 0 ? r : add_text(relayer->tree, "/oci-layout", layout, err);
}

int relayer_make(struct relayer *relayer, const struct oci_store *store,
		 const struct oci_image *image, json_t *config, struct node *top,
		 const struct relayer_options *options, struct error *err)
{
	_cleanup_(freep) char *name = oci_name_tagged(options->name), *whole = NULL;
	_cleanup_(json_freep) json_t *config_at = NULL;
	int r = content_file_new(NULL, &relayer->contents, err);

	if (r < 0)
		return r;
	relayer->layers = json_array();
	/* which manifest it came in is our own note (pack/oci/oci.c) */
	json_object_del(config, "mediaType");
	relayer->config = json_incref(config);
	whole = name ? oci_name_qualified(name, false) : NULL;
	if (!whole || !relayer->layers || tree_new(&relayer->tree) < 0)
		return error_oom(err);
	r = keep_layers(relayer, store, image, options->cancel, err);
	if (r == 0)
		r = top_layer(relayer, top, config, options, err);
	if (r == 0)
		r = add_json(relayer->tree, config, MEDIA "config.v1+json", &config_at, err);
	if (r == 0 && !options->form.docker)
		r = add_layout(relayer, config_at, options->form.directory ? strrchr(name, ':') + 1 : whole, err);
	if (r == 0 && !options->form.directory)
		r = add_docker_manifest(relayer, json_text(config_at, "digest"), name, err);
	return r;
}
