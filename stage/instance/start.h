/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The life of an instance, from what is asked to what is noted:
 *
 *	limits → the intention is noted → store → layer → container → watch → noted that it runs
 *
 * Many start at once, on all processors; of them all that have nothing to be ready by the first 200 ms are looked
 * at together. `sfc prod start`, update, boot and `sfc _ended` come here.
 */
#ifndef STAGE_INSTANCE_START_H
#define STAGE_INSTANCE_START_H

#include <stdbool.h>

#include "db/base/error.h"
#include "stage/instance/instance.h"
#include "stage/instance/run.h"
#include "stage/state/state.h"

/* One that is to start; its row is there, its claim is held. */
struct start {
	struct instance instance;
	int restarts;      /* by itself by now */
	const char *restore; /* files of a checkpoint, instead of its program; NULL: none; borrowed */
	bool unit;         /* we are its unit's command, stage/instance/enable.h */
	int64_t life_ms;   /* how long it has to live to have started; 0: as it is asked */

	/* what came of it */
	bool ran;          /* it was up before */
	bool done;         /* it has ended by itself, with status 0 */
	int code;          /* 0, or a negative errno with err set */
	struct error err;  /* begins with "APP/NAME " */
	struct run run;
};

#define START_INIT                                                                                 \
	{                                                                                          \
		.instance = INSTANCE_INIT, .err = ERROR_INIT, .run = RUN_INIT                      \
	}

struct starts {
	struct start *items;
	size_t count, capacity;
};

#define STARTS_INIT                                                                                \
	{                                                                                          \
		NULL, 0, 0                                                                         \
	}

void starts_release(struct starts *starts);

/*
 * All of them; each says in `code` what came of it. What does not come up is down again when this returns, and
 * when its row is new (not ready) nothing of it is left. Fails only when nothing could be tried.
 */
int instance_start(struct state *state, struct starts *starts, struct error *err);

#endif
