/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How others start the images of sfc instrument: what a compose project or a cluster has to be told so that
 * its services run traced, and otherwise as they did.
 */
#ifndef STAGE_SPEC_TRACED_START_H
#define STAGE_SPEC_TRACED_START_H

#include <jansson.h>

#include "db/base/error.h"
#include "db/base/text.h"

/*
 * Of a compose project what stands in an override file: for each service the traced image and what tracing
 * takes. A service that cannot be traced is left out, with a line in `notes` that names it; -ENOENT when none can.
 */
int traced_compose(const json_t *project, const char *tracefs, json_t **ret_override,
		   struct text *notes, struct error *err);

/* Of Kubernetes' objects a strategic merge patch for each that has containers, as an array. */
int traced_kubernetes(const json_t *objects, const char *tracefs, json_t **ret_patches,
		      struct text *notes, struct error *err);

/* "web:1" → "web:1-traced": what sfc instrument calls it. The caller frees; NULL: out of memory, or a digest. */
char *traced_image_name(const char *image, const char *suffix);

/* The image of a compose service, if another can be made of it and take its place; else NULL, and *ret_why. */
const char *traced_service_image(const json_t *service, const char **ret_why);

#endif
