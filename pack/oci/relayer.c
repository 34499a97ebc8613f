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
#include "pack/oci/blobs.h"
#include "pack/oci/write.h"

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

/* ---- layers ---- */

/* What a layer is compressed with, by its first bytes. */
static enum layer_compression compression_of(const unsigned char start[4])
{
	return start[0] == 0x1f && start[1] == 0x8b	   ? LAYER_GZIP
	       : memcmp(start, "\x28\xb5\x2f\xfd", 4) == 0 ? LAYER_ZSTD
							   : LAYER_PLAIN;
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

static int add_layer(struct relayer *relayer, enum layer_compression compression, const char *hex, int fd,
		     uint64_t offset, uint64_t size, struct error *err)
{
	json_t *layer = blob_descriptor(blob_layer_media(compression), hex, size);

	if (json_array_append_new(relayer->layers, layer) < 0)
		return error_oom(err);
	return blob_add_range(relayer->tree, hex, fd, offset, size, err);
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
	return add_layer(relayer, compression_of(start), hex, blob.fd, blob.offset, blob.size, err);
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
		r = add_layer(relayer, how.compression, written.digest, fd, 0, written.size, err);
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

static int add_layout(struct relayer *relayer, const json_t *config, const char *name,
		      struct error *err)
{
	_cleanup_(json_freep) json_t *manifest = NULL, *at = NULL;
	int r;

	manifest = json_pack("{s:i, s:s, s:O, s:O}", "schemaVersion", 2, "mediaType",
			     BLOB_MEDIA("manifest.v1+json"), "config", config, "layers", relayer->layers);
	r = blob_add_json(relayer->tree, manifest, BLOB_MEDIA("manifest.v1+json"), &at, err);
	return r < 0 ? r
		     : blob_add_index(relayer->tree, at,
				      json_pack("{s:s}", "org.opencontainers.image.ref.name", name), err);
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
		r = blob_add_json(relayer->tree, config, BLOB_MEDIA("config.v1+json"), &config_at, err);
	if (r == 0 && !options->form.docker)
		r = add_layout(relayer, config_at, options->form.directory ? strrchr(name, ':') + 1 : whole, err);
	if (r == 0 && !options->form.directory)
		r = blob_add_docker_manifest(relayer->tree, config_at, relayer->layers, name, err);
	return r;
}
