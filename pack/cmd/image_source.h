/* SPDX-License-Identifier: BSD-2-Clause */
/* Of a source that was an image: its own configuration, which goes along into the package. */
#ifndef PACK_CMD_IMAGE_SOURCE_H
#define PACK_CMD_IMAGE_SOURCE_H

#include "db/base/error.h"
#include "db/base/text.h"
#include "pack/need/rules.h"
#include "pack/oci/image_config.h"

struct image_source {
	const char *path; /* --image-config; NULL: it was none */
	struct text text; /* the file, whole */
	struct image_config config;
};

/* Read and check it. Where it starts as a user by name, the files that say who that is are included. */
int image_source_load(struct image_source *image, struct rules *rules, struct error *err);
void image_source_release(struct image_source *image);

#endif
