/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A process 1 for a container: the program is then an ordinary process, that a signal ends which it does not
 * catch, and what it leaves behind when it ends is left to somebody. It does nothing, sees nothing of the
 * host, and nobody inside can signal or look into it.
 */
#ifndef STAGE_CONTAINER_INIT_H
#define STAGE_CONTAINER_INIT_H

#include <sys/types.h>

#include "db/base/error.h"

struct init {
	pid_t pid; /* 0: there is none */
	int pidfd;
	int namespace; /* its process namespace: for lending, since nobody may look into it */
};

#define INIT_INIT                                                                                  \
	{                                                                                          \
		0, -1, -1                                                                          \
	}

/* work: a directory of ours; over it, and for it alone, the empty root that it has. */
int init_start(const char *work, struct init *ret_init, struct error *err);
/* Ends it, and with it all that is left in its process namespace. */
void init_release(struct init *init);

#endif
