/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wing oci/ is container images as files: OCI layouts and docker archives, read and written,
 * and their configuration turned into ours and back. It may include db/base, pack/layer,
 * pack/source and pack/tree. Another form of image to read is a file beside layout.c and
 * docker_archive.c, another field of its configuration goes into config.c.
 */
/*
 * A container image as it is found in an OCI layout (layout.c) or in what `docker save` writes,
 * in its old form and the combined one (docker_archive.c): which layers, in which order, with which
 * digests, and its configuration. Choosing reads small JSON files only; applying reads the layers.
 */
#ifndef PACK_OCI_OCI_H
#define PACK_OCI_OCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "db/base/array.h"
#include "db/base/error.h"
#include "pack/layer/layer.h"
#include "pack/oci/store.h"

/* Which image is meant where there are several. */
struct oci_choice {
	const char *ref; /* its name or tag; NULL: the only one */
	const char
	    *platform; /* "os/architecture[/variant]"; NULL: this machine's if there is a choice */
};

struct oci_layer {
	char *path;    /* in the store */
	char *digest;  /* "sha256:…" of the file; NULL: not stated */
	char *diff_id; /* "sha256:…" of the tar in it; NULL: not stated */
	uint64_t size; /* of the file, bytes; UINT64_MAX: not stated */
};

struct oci_image {
	char *ref;			/* NULL: it has none */
	json_t *config;			/* the image configuration, whole, and its "mediaType" */
	ARRAY(struct oci_layer) layers; /* lowest first */
};

void oci_image_free(struct oci_image *image);
void oci_image_freep(struct oci_image **image);

bool oci_layout_is(const struct oci_store *store);
/* What "skopeo copy … dir:" writes: read by oci_layout_image(), too. */
bool oci_dir_is(const struct oci_store *store);
int oci_layout_image(const struct oci_store *store, const struct oci_choice *choice,
		     struct oci_image **ret_image, struct error *err);

bool docker_archive_is(const struct oci_store *store);
int docker_archive_image(const struct oci_store *store, const struct oci_choice *choice,
			 struct oci_image **ret_image, struct error *err);

/* Every layer in order onto the tree, each checked; `options` as for layer_apply(). */
int oci_image_apply(const struct oci_store *store, const struct oci_image *image,
		    const struct layer_options *options, struct tree *tree,
		    struct layer_stats *stats, struct error *err);

/* For the readers: an image from a configuration of that type and its layers' diff_ids, in order. */
int oci_image_new(json_t *config, const char *type, const char *ref, struct oci_image **ret_image);
/* Add a layer (strings are copied): 0 or -ENOMEM. */
int oci_image_add_layer(struct oci_image *image, const char *path, const char *digest,
			uint64_t size);
/* Give the layers their diff_ids from the configuration: there have to be as many. */
int oci_image_take_diff_ids(struct oci_image *image, struct error *err);
/* That the configuration is for the platform asked for; NULL: for this machine, whatever its variant. */
int oci_image_check_platform(const struct oci_image *image, const char *platform,
			     struct error *err);

/* "linux/amd64": this machine, in the words of OCI. */
const char *oci_platform_here(void);
/* A description matches "os/arch[/variant]"; parts it does not state match. */
bool oci_platform_matches(const char *os, const char *architecture, const char *variant,
			  const char *platform);

#endif
