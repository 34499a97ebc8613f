/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * --on-demand: an instance that sleeps until somebody connects to its port. One process of a state, the holder
 * (stage/instance/hold.h), has the ports of all that sleep. It is started with the first of them and ends with the
 * last; it knows nothing that is not in state.db, so that one that was killed is made anew by the next command.
 */
#ifndef STAGE_INSTANCE_DEMAND_H
#define STAGE_INSTANCE_DEMAND_H

#include "db/base/error.h"
#include "stage/instance/start.h"
#include "stage/state/state.h"

/*
 * Those of them that are on demand go from starts to *held, and wait from now on; each says in `code` what came of it,
 * and one that is new is gone when its port cannot be had. The claims are held.
 */
int demand_begin(struct state *state, struct starts *starts, struct starts *held, struct error *err);

/*
 * What is held is what state.db says now: after whatever may have changed that. app: of whom it is asked whether its
 * ports are held, NULL nobody. Does nothing where there is nothing on demand and nobody who holds. 1: nobody held, who
 * was to; there is one now.
 */
int demand_tell(struct state *state, const char *app, struct error *err);

#endif
