/* SPDX-License-Identifier: BSD-2-Clause */
/* Is an instance well? Looked at and asked when somebody wants to know; nothing watches it meanwhile. */
#ifndef STAGE_INSTANCE_HEALTH_H
#define STAGE_INSTANCE_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#include "db/base/error.h"
#include "db/base/text.h"
#include "stage/instance/look.h"
#include "stage/state/state.h"

/*
 * What one that is up lacks, without asking it: a guard that died or has seen a miss, a full layer,
 * ports that nobody forwards any more. "" nothing.
 */
int health_look(struct state *state, const struct look *look, struct text *problem, struct error *err);

/* That, and what --health answers. */
int health_of(struct state *state, const struct look *look, struct text *problem, struct error *err);

/* All is as it should be: it runs and has no problem, or it was told to stop. */
bool health_is_good(const struct look *look, const struct text *problem);

/* Nothing can be written to its layer any more; false also of one that is not up. */
bool health_layer_is_full(const struct run *run);
/* In words, with the size that was asked for; 0: none. */
void health_say_full(uint64_t layer_size, struct text *text);

#endif
