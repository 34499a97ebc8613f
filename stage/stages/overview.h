/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every stage of everything, a row each: what stands on what, how large it is, and what happened last. The
 * names in work come from the state, the tests from their manifests, applications from there, too.
 */
#ifndef STAGE_STAGES_OVERVIEW_H
#define STAGE_STAGES_OVERVIEW_H

#include <stdint.h>

#include "db/base/error.h"
#include "stage/state/state.h"

struct overview_row {
	char *name;
	const char *stage; /* "dev", "test", "prod": a constant */
	char *base, *what;
	int64_t bytes, runs, up; /* -1: there is no such thing */
	int64_t last_ns;
};

struct overview {
	struct overview_row *items; /* by name; of one name dev, test, prod */
	size_t count, capacity;
};

#define OVERVIEW_INIT                                                                              \
	{                                                                                          \
		NULL, 0, 0                                                                         \
	}

int overview_read(struct state *state, struct overview *overview, struct error *err);
void overview_release(struct overview *overview);

#endif
