/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Down, in the reverse of the order of start: asked by the image's signal, after the grace killed, taken down,
 * noted. What a killed command left is settled by the same steps.
 */
#ifndef STAGE_INSTANCE_STOP_H
#define STAGE_INSTANCE_STOP_H

#include <stdbool.h>
#include <stdint.h>

#include "db/base/error.h"
#include "stage/instance/instance.h"
#include "stage/instance/run.h"
#include "stage/state/state.h"

/* One that is to stop; its claim is held. */
struct stop {
	struct instance instance;
	struct run run;

	/* what came of it */
	int code; /* 0, or a negative errno with err set */
	struct error err;
	char *unheard; /* "NAME (PID), …" of what had to be killed, or NULL */
};

struct stops {
	struct stop *items;
	size_t count, capacity;
};

#define STOPS_INIT                                                                                 \
	{                                                                                          \
		NULL, 0, 0                                                                         \
	}

void stops_release(struct stops *stops);

/* All at once; one that is down already is no error. grace_ms INSTANCE_GRACE: what each asked for, else 10 s. */
#define INSTANCE_GRACE UINT64_MAX
int instance_stop(struct state *state, struct stops *stops, uint64_t grace_ms, struct error *err);

/*
 * Under its claim: a run that is over is noted and taken down, an instance that is not ready is finished or
 * removed. Returns 1 when it is there and up, 0 when it is there and down, -ENOENT (err not set) when it is gone.
 */
int instance_settle(struct state *state, const char *app, const char *name, struct error *err);

/* Take down what is left of a run that is over, and note how it ended. Its claim is held. */
int instance_take_down(struct state *state, const struct instance *instance, struct run *run,
		       struct error *err);

#endif
