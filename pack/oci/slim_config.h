/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration of an image whose root was made anew of what it used: all that the image said stays,
 * but its layers and their history.
 */
#ifndef PACK_OCI_SLIM_CONFIG_H
#define PACK_OCI_SLIM_CONFIG_H

#include <stdbool.h>

#include <jansson.h>

#include "db/base/error.h"

#define SLIM_LABEL_SOURCE "sfc.slim.source" /* oci_image_id() of the image it was made from */

/* `config` is a whole image configuration; the caller owns *ret_config, which has no layer. */
int slim_config(const json_t *config, const char *source, json_t **ret_config, struct error *err);

/*
 * Patterns of the directories that it says are volumes, with all below: that goes into each new volume, unseen by
 * who traces. The caller owns the array.
 */
int slim_config_volumes(const json_t *config, json_t **ret_patterns, struct error *err);

/* Its User is a name, so that engines look into /etc/passwd and /etc/group of the root. */
bool slim_config_names_user(const json_t *config);

#endif
