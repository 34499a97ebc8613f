/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A claim: who is changing something just now. Two terminals on one name meet here; the second
 *waits for the first, and one whose owner was killed is nobody's.
 *
 *	_cleanup_(claim_release) struct claim claim = CLAIM_INIT;
 *
 *	r = claim_take(state, "dev/web", &claim, err);
 *
 * Several one after the other are taken in the order of their objects' names (a base before a dev name), so
 *that no two wait for each other; claim_take_all() has none of them while it waits.
 */
#ifndef STAGE_STATE_CLAIM_H
#define STAGE_STATE_CLAIM_H

#include "db/base/error.h"
#include "stage/state/state.h"

struct claim {
	struct state *state; /* NULL: nothing is claimed; borrowed */
	char object[160];
};

#define CLAIM_INIT                                                                                 \
	{                                                                                          \
		NULL, ""                                                                           \
	}

/*
 * Wait for it, $SFC_LOCK_TIMEOUT seconds at most (120 if not set): -EBUSY with err set then. An
 * object is claimed once by one process.
 */
int claim_take(struct state *state, const char *object, struct claim *ret_claim, struct error *err);
/* The same without waiting: -EBUSY, err not set. */
int claim_try(struct state *state, const char *object, struct claim *ret_claim, struct error *err);
void claim_release(struct claim *claim);

struct claims {
	struct claim *items;
	size_t count, capacity;
};

#define CLAIMS_INIT                                                                                \
	{                                                                                          \
		NULL, 0, 0                                                                         \
	}

/* All of them in one step. Those that are in *claims already stay. */
int claim_take_all(struct state *state, const char *const *objects, size_t count,
		   struct claims *claims, struct error *err);
void claims_release(struct claims *claims);

#endif
