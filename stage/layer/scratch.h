/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A directory of the state for the length of one command: for what is too large for memory and is nobody's
 * when the command has ended. It is locked by those who work in it; who makes one removes those of commands
 * that were killed.
 */
#ifndef STAGE_LAYER_SCRATCH_H
#define STAGE_LAYER_SCRATCH_H

#include "db/base/error.h"
#include "stage/state/state.h"

struct scratch {
	const struct state *state;
	char name[64];
	char *path; /* absolute */
	int fd;     /* its lock, too */
};

#define SCRATCH_INIT                                                                               \
	{                                                                                          \
		.fd = -1                                                                           \
	}

int scratch_make(const struct state *state, const char *command, struct scratch *ret_scratch,
		 struct error *err);
/* With all that is in it. */
void scratch_release(struct scratch *scratch);

/* Remove what was left; how many there were, or a negative errno. */
int scratch_settle(const struct state *state, struct error *err);

#endif
