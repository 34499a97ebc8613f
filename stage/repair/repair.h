/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a crash left of applications and instances: each room takes down its own (its settle), and here is the
 * loop over what rows, the disk and the kernel's control groups still have of them. What somebody works on just
 * now is left to them. Mounts and loop devices end with the processes that had them: there are none to look for.
 */
#ifndef STAGE_REPAIR_REPAIR_H
#define STAGE_REPAIR_REPAIR_H

#include "db/base/error.h"
#include "stage/state/state.h"

/* say: a line for each thing that was put right; nothing when all was well. */
int repair_prod(struct state *state, void (*say)(const char *line), struct error *err);

#endif
