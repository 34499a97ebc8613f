/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Something asked of what runs in a container: a child of ours, which may take its time while the container's
 * streams go on, and goes with all that it has started when it is given up.
 *
 *	r = question_begin(&question, inside, data, err);	inside() runs in the child, and is its status
 *	r = question_wait(&question, container, also, deadline, &status, err);
 */
#ifndef STAGE_WATCH_QUESTION_H
#define STAGE_WATCH_QUESTION_H

#include <poll.h>
#include <stdint.h>
#include <sys/types.h>

#include "db/base/error.h"
#include "stage/container/container.h"

struct question {
	pid_t pid;
	int pidfd;
};

/* What it reads is empty; it dies with us. What inside() returns is its status. */
int question_begin(struct question *question, int (*inside)(void *data), void *data, struct error *err);

/*
 * *ret_status as a shell has it; 124 when it took longer than until the deadline (of clock_steady_ms(); -1: it may).
 * -EINTR: `also`, one descriptor or NULL, is ready, and it was given up. Who is asked may have ended meanwhile.
 */
int question_wait(struct question *question, struct container *container, struct pollfd *also,
		  int64_t deadline, int *ret_status, struct error *err);

#endif
