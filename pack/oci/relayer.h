/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An image written again with one more layer on top and another configuration. Its own layers go over
 * byte by byte, compressed as they are, so that registries and engines know them again.
 */
#ifndef PACK_OCI_RELAYER_H
#define PACK_OCI_RELAYER_H

#include "db/base/array.h"
#include "pack/oci/file_write.h"
#include "pack/oci/oci.h"
#include "pack/tree/content_file.h"

struct relayer_options {
	const char *name;    /* of the image, "web:1"; without a tag it is "latest" */
	const char *history; /* what made the layer */
	struct oci_form form; /* docker's has no OCI layout, which knows no HEALTHCHECK; a layout has only tags */
	const volatile int *cancel;
};

struct relayer {
	struct tree *tree; /* of the archive or directory to be; borrows from the others here */
	uint64_t layer_size; /* of the new layer as it is stored, bytes */
	/* its own: */
	struct content_file *contents;
	ARRAY(struct oci_blob) blobs;
	json_t *config, *layers;
};

/*
 * config: the whole configuration to be, without what the new layer adds to rootfs and history; it is
 * changed. top: what is in the new layer.
 */
int relayer_make(struct relayer *relayer, const struct oci_store *store,
		 const struct oci_image *image, json_t *config, struct node *top,
		 const struct relayer_options *options, struct error *err);
void relayer_release(struct relayer *relayer);

#endif
