/* SPDX-License-Identifier: BSD-2-Clause */
/* What the verbs of `sfc dev` share. */
#ifndef STAGE_STAGES_DEV_PRIVATE_H
#define STAGE_STAGES_DEV_PRIVATE_H

#include "db/base/error.h"
#include "stage/layer/dev.h"
#include "stage/state/claim.h"
#include "stage/state/state.h"

int dev_claim(struct state *state, const char *name, struct claim *ret_claim, struct error *err);
/* Claimed, mended, there, and nobody in it. */
int dev_to_change(struct state *state, const char *name, struct claim *ret_claim, struct dev *ret_dev,
		  struct error *err);

/* -EINVAL: it can be no name. */
int dev_check_new_name(const char *name, struct error *err);
/* Under its claim: what was left of it is gone. -EEXIST: it is there. */
int dev_make_way(struct state *state, const char *name, struct error *err);
/* It is ready, and how it came there is noted: "created", "imported". */
int dev_finish(struct state *state, const char *name, const char *how, const char *from, struct error *err);

#endif
