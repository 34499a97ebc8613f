/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shadows: where another base is put below a layer, what the layer has of its own hides what changes below it.
 */
#ifndef STAGE_LAYER_SHADOW_H
#define STAGE_LAYER_SHADOW_H

#include <stdbool.h>

#include "db/base/error.h"

/* path is absolute in the root, borrowed. Non-zero ends it and comes back. */
typedef int (*shadow_visit)(const char *path, bool deleted, void *data);

/*
 * Every path, in byte order, at which `upper` hides something that is not the same in the two bases: by a copy
 * of its own, or because it was deleted. All three are directories by descriptor. What lies behind a link of a
 * base is not in it.
 */
int shadow_each(int upper, int old_base, int new_base, shadow_visit visit, void *data, struct error *err);

#endif
