/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How to start an image: from its configuration to ours, which is that of the OCI runtime specification
 * ("config.json" of a bundle). What the latter has no field for stays in the image's own configuration,
 * which goes along (image_config.h); derived.h makes an image's of both.
 */
#ifndef PACK_OCI_CONFIG_H
#define PACK_OCI_CONFIG_H

#include <jansson.h>

#include "db/base/error.h"
#include "pack/oci/image_config.h"
#include "pack/tree/tree.h"

#define OCI_PATH_DEFAULT "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/*
 * A whole config.json for the image: names of users are looked up in `tree`'s /etc/passwd and
 * /etc/group. -ENOENT with err set when they are not there. The caller owns *ret_start.
 */
int oci_config_to_start(const struct image_config *image, const struct tree *tree,
			json_t **ret_start, struct error *err);

enum { OCI_START_MAX = 1024 * 1024 }; /* bytes of a config.json that others wrote */

/* The capabilities root keeps in every container of ours; NULL ends. At most 32. */
extern const char *const oci_capabilities[];

/* A config.json that runs `args` (a list) as root in "rootfs"; the caller owns it. NULL: no memory.
 */
json_t *oci_start_default(json_t *args);

/* A config.json from a file; the caller owns *ret_start. */
int oci_start_read(const char *path, json_t **ret_start, struct error *err);

#endif
