// SPDX-License-Identifier: BSD-2-Clause
#include "pack/oci/blobs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"

const char *blob_layer_media(enum layer_compression compression)
{
	return compression == LAYER_GZIP   ? BLOB_MEDIA("layer.v1.tar+gzip")
	       : compression == LAYER_ZSTD ? BLOB_MEDIA("layer.v1.tar+zstd")
					   : BLOB_MEDIA("layer.v1.tar");
}

json_t *blob_descriptor(const char *media, const char hex[DIGEST_HEX_SIZE], uint64_t size)
{
	return json_pack("{s:s, s:s+, s:I}", "mediaType", media, "digest", "sha256:", hex, "size",
			 (json_int_t)size);
}

static int blob_node(struct tree *tree, const char *hex, struct node **ret_node)
{
	char path[32 + DIGEST_HEX_SIZE];

	snprintf(path, sizeof(path), "/blobs/sha256/%s", hex);
	return tree_insert(tree, path, S_IFREG | 0644, ret_node, NULL);
}

int blob_add_range(struct tree *tree, const char hex[DIGEST_HEX_SIZE], int fd, uint64_t offset,
		   uint64_t size, struct error *err)
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

static char *text_of(const json_t *json)
{
	return json ? json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
}

int blob_add_json(struct tree *tree, const json_t *json, const char *media, json_t **ret_descriptor,
		  struct error *err)
{
	_cleanup_(freep) char *text = text_of(json);
	char hex[DIGEST_HEX_SIZE];
	struct node *node;

	if (!text)
		return error_oom(err);
	if (digest_once_hex(text, strlen(text), hex) < 0)
		return error_set(err, -EIO, "cannot digest");
	if (blob_node(tree, hex, &node) < 0 || inode_set_bytes(node->inode, text, strlen(text)) < 0)
		return error_oom(err);
	*ret_descriptor = blob_descriptor(media, hex, strlen(text));
	return *ret_descriptor ? 0 : error_oom(err);
}

/* At the top, where the way to all others begins. */
static int add_file(struct tree *tree, const char *path, const json_t *json, struct error *err)
{
	_cleanup_(freep) char *text = text_of(json);
	struct node *node;

	if (!text || tree_insert(tree, path, S_IFREG | 0644, &node, NULL) < 0 ||
	    inode_set_bytes(node->inode, text, strlen(text)) < 0)
		return error_oom(err);
	return 0;
}

int blob_add_index(struct tree *tree, json_t *manifest, json_t *annotations, struct error *err)
{
	_cleanup_(json_freep) json_t *index = NULL, *layout = NULL;
	int r;

	if (json_object_set_new(manifest, "annotations", annotations) < 0)
		return error_oom(err);
	index = json_pack("{s:i, s:s, s:[O]}", "schemaVersion", 2, "mediaType",
			  BLOB_MEDIA("index.v1+json"), "manifests", manifest);
	layout = json_pack("{s:s}", "imageLayoutVersion", "1.0.0");
	r = add_file(tree, "/index.json", index, err);
	return r < 0 ? r : add_file(tree, "/oci-layout", layout, err);
}

int blob_add_docker_manifest(struct tree *tree, const json_t *config, const json_t *layers,
			     const char *name, struct error *err)
{
	_cleanup_(json_freep) json_t *list = NULL, *paths = json_array();
	const json_t *layer;
	size_t i;

	json_array_foreach(layers, i, layer)
		if (json_array_append_new(paths, json_pack("s+", "blobs/sha256/",
							   json_text(layer, "digest") + 7)) < 0)
			return error_oom(err);
	list = json_pack("[{s:s+, s:[s], s:O}]", "Config", "blobs/sha256/",
			 json_text(config, "digest") + 7, "RepoTags", name, "Layers", paths);
	return add_file(tree, "/manifest.json", list, err);
}
