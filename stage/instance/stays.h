/* SPDX-License-Identifier: BSD-2-Clause */
/* Of instances that came up: do they stay up as long as they have to, and if not, is that a failure? */
#ifndef STAGE_INSTANCE_STAYS_H
#define STAGE_INSTANCE_STAYS_H

#include <stdint.h>

#include "stage/instance/prepare.h"
#include "stage/instance/start.h"

/* One that is still to be put up, or looked at. */
bool start_goes_on(const struct start *start);

/*
 * All are looked at together, until the last has lived for its while or none lives any more. up_ms: when each came
 * up.
 */
void stays_watch(const struct starts *starts, const int64_t *up_ms);
/* What it means that one has ended by now, or was not ready in time. */
void stays_judge(struct state *state, struct start *start, const struct preparation *prepared);

#endif
