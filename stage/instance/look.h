/* SPDX-License-Identifier: BSD-2-Clause */
/* Instances as they are now, for who only looks: one query, two files of /proc each; nothing is changed. */
#ifndef STAGE_INSTANCE_LOOK_H
#define STAGE_INSTANCE_LOOK_H

#include "db/base/error.h"
#include "db/base/text.h"
#include "stage/container/cgroup.h"
#include "stage/instance/instance.h"
#include "stage/instance/run.h"
#include "stage/state/state.h"
#include "stage/watch/usage.h"

struct look {
	struct instance instance;
	struct run run; /* the newest; RUN_NONE: it never ran */
	enum instance_now now;
	char *ill; /* what one that is up lacks, instance/health.h; NULL: nothing */
};

struct looks {
	struct look *items; /* by application, then as people count */
	size_t count, capacity;
	struct cgroup here; /* which hierarchies the machine has */
};

#define LOOKS_INIT                                                                                 \
	{                                                                                          \
		.items = NULL                                                                      \
	}

/* Of one application, or of all (NULL). */
int look_read(struct state *state, const char *app, struct looks *looks, struct error *err);
void looks_release(struct looks *looks);

/* What its group uses; all -1 where it is not up. */
void look_usage(const struct looks *looks, const struct look *look, struct usage *ret_usage);
/* Only what a list shows: its memory, and what was killed for it. */
void look_memory(const struct looks *looks, const struct look *look, struct usage *ret_usage);
/* "running", …; "unhealthy": it runs, and is ill. */
const char *look_state(const struct look *look);
/* What is wrong with it, or was: "" nothing. usage may be NULL. */
void look_problem(const struct look *look, const struct usage *usage, struct text *text);

#endif
