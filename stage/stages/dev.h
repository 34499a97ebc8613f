/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The stage in which a root file system is worked on: what `sfc dev` does, a function a verb. Each claims
 * what it changes, notes what it is about to do, does it, and notes that it is so; each first takes down
 * what a killed one left of the same name.
 */
#ifndef STAGE_STAGES_DEV_H
#define STAGE_STAGES_DEV_H

#include <stdint.h>

#include "db/base/error.h"
#include "stage/layer/root.h"
#include "stage/state/state.h"

/* -EINVAL: a name that is none, or a word of `sfc test`. *ret_base is the base it stands on, to be freed. */
int dev_create(struct state *state, const char *name, const char *from, const struct root_options *options,
	       char **ret_base, struct error *err);
/* The layer becomes the base `base`, and NAME an empty layer over that: at one moment. */
int dev_commit(struct state *state, const char *name, const char *base, struct error *err);
int dev_reset(struct state *state, const char *name, struct error *err);
/* A dev name, else a base. */
int dev_delete(struct state *state, const char *name, struct error *err);

/* Take down whatever killed commands left, and say a line of each. */
int dev_repair(struct state *state, void (*say)(const char *line), struct error *err);

#endif
