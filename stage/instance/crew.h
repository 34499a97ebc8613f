/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Work on many things that overlaps: a process for each, which tells us of it in messages of one size. We hear
 * them in the order in which they come. A process that ends tells nothing more; one that is killed has told
 * less than it wanted to.
 *
 * The state's database is ours alone: a process of the crew does not touch it.
 */
#ifndef STAGE_INSTANCE_CREW_H
#define STAGE_INSTANCE_CREW_H

#include <stddef.h>

#include "db/base/error.h"

struct crew {
	size_t count;        /* of pieces of work */
	size_t at_once;      /* how many are worked on; 0: all */
	size_t message_size; /* at most PIPE_BUF */
	/* In a process of its own. What it starts that stays must close `tell`. */
	void (*work)(void *data, size_t i, int tell);
	/* message NULL: it has ended. 1: from now on it waits, and the next may begin. */
	int (*hear)(void *data, size_t i, const void *message);
	void *data;
};

/* Until all have ended. A negative errno of hear() ends it and all processes. */
int crew_run(const struct crew *crew, struct error *err);

/* As many as keep the processors of this machine busy. */
size_t crew_of_processors(void);

#endif
