/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a root says of its start: the config.json of a package, or of a base that was an image, and for what that
 * has no field for the image's own configuration beside it.
 */
#ifndef STAGE_LAYER_START_H
#define STAGE_LAYER_START_H

#include <stdbool.h>

#include "db/base/error.h"
#include "pack/oci/image_config.h"
#include "pack/package/profile.h"
#include "pack/package/start_config.h"
#include "stage/container/container.h"

struct layer_start {
	bool given; /* there is one */
	struct start_config config;
	struct start_defaults defaults; /* of the same strings */
	struct profile profile;         /* of a package: what it goes without */
	struct image_config image;      /* what the image says that it was; json NULL: it was none */
	char user[32];
};

/* config.json in this directory, whatever lies there under that name; 0 also where there is none. */
int layer_start_read(int directory, struct layer_start *start, struct error *err);
/* start->config has been read: the rest is made of it. */
int layer_start_take(struct layer_start *start, struct error *err);
void layer_start_release(struct layer_start *start);

#endif
