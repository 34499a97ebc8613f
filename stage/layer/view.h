/* SPDX-License-Identifier: BSD-2-Clause */
/* All that a dev name is, mounted for nobody to write. */
#ifndef STAGE_LAYER_VIEW_H
#define STAGE_LAYER_VIEW_H

#include "db/base/error.h"
#include "stage/layer/dev.h"
#include "stage/state/state.h"

/* Without a place. */
int view_open(struct state *state, const struct dev *dev, int *ret_mount, struct error *err);
/* At dev/NAME/root, in a mount namespace of our own; *ret_path is to be freed. */
int view_mount(struct state *state, const struct dev *dev, char **ret_path, struct error *err);

#endif
