/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration of the image that comes out: what config.json says, and, of the image that came in, what
 * config.json has no field for. Where the two differ, config.json starts it; where they say the same, it is
 * said in the words of the image (ENTRYPOINT apart from CMD, users by name, the order of the variables).
 */
#ifndef PACK_OCI_DERIVED_H
#define PACK_OCI_DERIVED_H

#include <jansson.h>
#include <stdbool.h>

#include "db/base/error.h"
#include "pack/oci/image_config.h"
#include "pack/tree/tree.h"

/* Labels of what comes out. */
#define DERIVED_LABEL_SOURCE "sfc.source.digest" /* of the image that came in, else of the source */
#define DERIVED_LABEL_PACKAGE "sfc.package.uuid"
#define DERIVED_LABEL_MANIFEST "sfc.manifest.uuid" /* of the sessions, with a space between */
#define DERIVED_LABEL_HEALTH "sfc.healthcheck" /* HEALTHCHECK as JSON, where the kind has no field */

struct derived_options {
	const struct image_config *image;    /* or NULL */
	bool docker;                         /* the kind that has HEALTHCHECK */
	const char *source, *package, *manifest; /* for the labels; or NULL */
	const char *const *changes;          /* pack/oci/change.h; ends with NULL; or NULL */
};

/* What is otherwise than it was, for somebody to say. */
struct derived_notes {
	bool health_is_label;
	bool user_is_number;
	bool onbuild_is_dropped;
};

/* The "config" object of an image with this root; the caller owns it. */
int derived_config(struct node *root, const json_t *start, const struct derived_options *options,
		   struct derived_notes *notes, json_t **ret_config, struct error *err);

/* The history of the image that came in, none of whose layers are left, and one step that made ours. */
json_t *derived_history(const struct image_config *image, const char *created);

#endif
