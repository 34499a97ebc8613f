/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an image is made of on its way out, in a tree that becomes a directory or an archive: blobs under
 * their digests, each with a descriptor that says where it is, and the files at the top that lead to them.
 * JSON has its keys in order, so that the same image has the same bytes.
 */
#ifndef PACK_OCI_BLOBS_H
#define PACK_OCI_BLOBS_H

#include <jansson.h>

#include "db/base/digest.h"
#include "db/base/error.h"
#include "pack/layer/layer.h"
#include "pack/tree/tree.h"

#define BLOB_MEDIA(what) "application/vnd.oci.image." what

/* What a layer that is packed so is called. */
const char *blob_layer_media(enum layer_compression compression);

/* {mediaType, digest, size}; the caller's, NULL: out of memory. */
json_t *blob_descriptor(const char *media, const char hex[DIGEST_HEX_SIZE], uint64_t size);

/* A range of a file, which stays the caller's, under its digest; the same one twice is one. */
int blob_add_range(struct tree *tree, const char hex[DIGEST_HEX_SIZE], int fd, uint64_t offset,
		   uint64_t size, struct error *err);

/* A document, and where it is then. */
int blob_add_json(struct tree *tree, const json_t *json, const char *media, json_t **ret_descriptor,
		  struct error *err);

/* The index of a layout with one image in it, whose descriptor gets these annotations; takes them. */
int blob_add_index(struct tree *tree, json_t *manifest, json_t *annotations, struct error *err);

/* What docker before 25 reads in its place: the descriptors of a configuration and of layers. */
int blob_add_docker_manifest(struct tree *tree, const json_t *config, const json_t *layers,
			     const char *name, struct error *err);

#endif
