/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Values in the configuration of an image, one type each: what is taken of it, as a new reference, or NULL
 * with err set, which names the field.
 */
#ifndef PACK_OCI_IMAGE_VALUE_H
#define PACK_OCI_IMAGE_VALUE_H

#include <jansson.h>

#include "db/base/error.h"

typedef json_t *image_value_reader(json_t *value, const char *field, struct error *err);

/* A word is a name: no spaces, nothing that drives a terminal. */
image_value_reader image_value_text, image_value_word, image_value_time, image_value_count, image_value_true;
image_value_reader image_value_strings, image_value_env, image_value_digests;
/* Empty, or the name or number of a signal; empty, or an absolute path. */
image_value_reader image_value_signal, image_value_directory;
/* {"80/tcp": {}}, which is "80", too, {"/data": {}} with the paths normalised, {"name": "text"}. */
image_value_reader image_value_ports, image_value_volumes, image_value_labels;

/* NULL, with "the image's configuration: " and the rest in err. */
json_t *image_value_wrong(struct error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
json_t *image_value_no_memory(struct error *err);

#endif
