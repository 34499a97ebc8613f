/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How to start it: between the configuration of an OCI or docker image and our start configuration,
 * which is that of the OCI runtime specification ("config.json" of a bundle). What the latter has
 * no field for (Entrypoint apart from Cmd, ExposedPorts, Volumes, StopSignal, Healthcheck, Labels)
 * is kept in annotations, so that an image survives the way there and back.
 */
#ifndef PACK_OCI_CONFIG_H
#define PACK_OCI_CONFIG_H

#include <jansson.h>

#include "db/base/error.h"
#include "pack/tree/tree.h"

/* The annotation with the image's own "config" object, as compact JSON. */
#define OCI_CONFIG_ANNOTATION "sfc.image.config"

/*
 * A whole config.json for the image: names of users are looked up in `tree`'s /etc/passwd and
 * /etc/group. -ENOENT with err set when they are not there. The caller owns *ret_start.
 */
int oci_config_to_start(const json_t *image_config, const struct tree *tree, json_t **ret_start,
			struct error *err);

/*
 * The other way: the "config" object of an image that starts like this. Entrypoint and Cmd come
 * apart again as they were when the arguments have not changed since.
 */
int oci_config_from_start(const json_t *start, json_t **ret_config, struct error *err);

enum { OCI_START_MAX = 1024 * 1024 }; /* bytes of a config.json that others wrote */

/* The capabilities root keeps in every container of ours; NULL ends. At most 32. */
extern const char *const oci_capabilities[];

/* A config.json that runs `args` (a list) as root in "rootfs"; the caller owns it. NULL: no memory.
 */
json_t *oci_start_default(json_t *args);

/* A config.json from a file; the caller owns *ret_start. */
int oci_start_read(const char *path, json_t **ret_start, struct error *err);

#endif
