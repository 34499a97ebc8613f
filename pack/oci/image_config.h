/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration of a container image (ENTRYPOINT, CMD, EXPOSE, HEALTHCHECK, labels, history …) as the
 * image has it, read from somebody who may mean harm.
 *
 * Every member we know is checked for its type and what it may be; one that is wrong refuses the whole,
 * with a message that names it. What we do not know is in no result, and ONBUILD is only counted.
 */
#ifndef PACK_OCI_IMAGE_CONFIG_H
#define PACK_OCI_IMAGE_CONFIG_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "db/base/digest.h"
#include "db/base/error.h"

enum { IMAGE_CONFIG_MAX = 1024 * 1024, IMAGE_DIGEST_SIZE = 7 + DIGEST_HEX_SIZE };

/* The kind an image came in, as the type of its configuration; "mediaType" in the document says it. */
#define IMAGE_CONFIG_DOCKER "application/vnd.docker.container.image.v1+json"
#define IMAGE_CONFIG_OCI "application/vnd.oci.image.config.v1+json"

struct image_config {
	json_t *json;   /* the members that are known; "config" is one of them; NULL: no image; owned */
	size_t onbuild; /* triggers of ONBUILD, which nobody carries on */
};

#define IMAGE_CONFIG_INIT                                                                          \
	{                                                                                          \
		.json = NULL                                                                       \
	}

/* -EBADMSG (-EFBIG above IMAGE_CONFIG_MAX) with err set. config is all zero before, and released in any case. */
int image_config_parse(const char *data, size_t size, struct image_config *config,
		       struct error *err);
int image_config_from_json(const json_t *json, struct image_config *config, struct error *err);
void image_config_release(struct image_config *config);

/* What stands in "config" under this name, of the type it has to have; NULL: nothing, or there is no image. */
json_t *image_config_member(const struct image_config *config, const char *name);

/* It came in docker's kind: what OCI has no field for may stay. */
bool image_config_is_docker(const struct image_config *config);

/*
 * What an image is known by: SHA-256 over its diff_ids, one a line, which no transport, compression or
 * configuration changes. "" where it states none.
 */
int image_config_digest(const struct image_config *config, char ret_digest[IMAGE_DIGEST_SIZE]);

#endif
