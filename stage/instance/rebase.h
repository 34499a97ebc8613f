/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Another base under the layers of an application's instances, one at a time. While it lasts the application's
 * row says where to ("updating") and each instance's row which it stands on, so that whatever was killed can be
 * finished or undone.
 *
 * All of it under the claims of the application and of every instance.
 */
#ifndef STAGE_INSTANCE_REBASE_H
#define STAGE_INSTANCE_REBASE_H

#include "db/base/error.h"
#include "stage/spec/spec.h"
#include "stage/state/state.h"

/*
 * Every instance stands on `digest`, and those that ran run still when the last one is done: 0. Else what keeps one
 * of them from it is in err; some stand on it then, some on what they had.
 */
int rebase_to(struct state *state, const char *app, const spec_strings *names, const char *digest,
	      struct error *err);

/*
 * Every instance stands on `digest` again, as it was asked before the update, and what is wanted up is up. One that
 * does not come up does not keep the others from it; said: the first of those.
 */
int rebase_back(struct state *state, const char *app, const spec_strings *names, const char *digest,
		struct error *said, struct error *err);

#endif
