/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Helper threads: who must not wait gives a job away, goes on, and collects it when it is done.
 * They are made as needed, one when a job comes and none is idle, up to a limit, and stay until
 * the end.
 *
 * A job is a link inside of what is to be worked on, and belongs to whoever has it: it is given,
 * taken by a helper, finished, and collected, in no particular order.
 */
#ifndef FS_HELPERS_H
#define FS_HELPERS_H

#include <pthread.h>
#include <stdbool.h>

struct job {
	struct job *next;
};

struct helpers {
	unsigned int limit;
	void (*live)(void *userdata); /* a helper's life: helpers_take() until that gives nothing */
	void *userdata;

	pthread_mutex_t lock; /* guards what follows; a leaf */
	pthread_cond_t work, gone;
	struct job *todo, **todo_last;
	struct job *done;
	unsigned int count, idle;
	bool stopping;
};

void helpers_init(struct helpers *helpers, unsigned int limit, void (*live)(void *userdata),
		  void *userdata);
/* Not before helpers_stop(). */
void helpers_release(struct helpers *helpers);

/* Have it done: 0, or -EAGAIN when there is nobody to do it, or when it is time to end. */
int helpers_give(struct helpers *helpers, struct job *job);

/* In a helper: the next job, which is waited for; NULL when it is time to end. */
struct job *helpers_take(struct helpers *helpers);
void helpers_finish(struct helpers *helpers, struct job *job);

/* All that was finished since the last call, as a list; or NULL. */
struct job *helpers_collect(struct helpers *helpers);

/* Returns when no helper lives any more; what was given is finished first. */
void helpers_stop(struct helpers *helpers);

#endif
