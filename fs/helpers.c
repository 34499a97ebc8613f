// SPDX-License-Identifier: BSD-2-Clause
#include "fs/helpers.h"

#include <errno.h>

#include "db/base/cleanup.h"

void helpers_init(struct helpers *helpers, unsigned int limit, void (*live)(void *userdata),
		  void *userdata)
{
	*helpers = (struct helpers){.limit = limit, .live = live, .userdata = userdata};
	helpers->todo_last = &helpers->todo;
	pthread_mutex_init(&helpers->lock, NULL);
	pthread_cond_init(&helpers->work, NULL);
	pthread_cond_init(&helpers->gone, NULL);
}

void helpers_release(struct helpers *helpers)
{
	pthread_mutex_destroy(&helpers->lock);
	pthread_cond_destroy(&helpers->work);
	pthread_cond_destroy(&helpers->gone);
}

static void *helper_thread(void *argument)
{
	struct helpers *helpers = argument;

	helpers->live(helpers->userdata);
	pthread_mutex_lock(&helpers->lock);
	helpers->count--;
	pthread_cond_signal(&helpers->gone);
	pthread_mutex_unlock(&helpers->lock);
	return NULL;
}

/* One more, if there may be. Called with the lock held. */
static void helper_add(struct helpers *helpers)
{
	pthread_t id;

	if (helpers->count >= helpers->limit ||
	    pthread_create(&id, NULL, helper_thread, helpers) != 0)
		return;
	pthread_detach(id);
	helpers->count++;
}

int helpers_give(struct helpers *helpers, struct job *job)
{
	int r = 0;

	pthread_mutex_lock(&helpers->lock);
	if (helpers->idle == 0 && !helpers->stopping)
		helper_add(helpers);
	if (helpers->count == 0 || helpers->stopping) {
		r = -EAGAIN;
	} else {
		job->next = NULL;
		*helpers->todo_last = job;
		helpers->todo_last = &job->next;
		pthread_cond_signal(&helpers->work);
	}
	pthread_mutex_unlock(&helpers->lock);
	return r;
}

struct job *helpers_take(struct helpers *helpers)
{
	struct job *job;

	pthread_mutex_lock(&helpers->lock);
	helpers->idle++;
	while (!helpers->todo && !helpers->stopping)
		pthread_cond_wait(&helpers->work, &helpers->lock);
	helpers->idle--;
	job = helpers->todo;
	if (job) {
		helpers->todo = job->next;
		if (!helpers->todo)
			helpers->todo_last = &helpers->todo;
	}
	pthread_mutex_unlock(&helpers->lock);
	return job;
}

void helpers_finish(struct helpers *helpers, struct job *job)
{
	pthread_mutex_lock(&helpers->lock);
	job->next = helpers->done;
	helpers->done = job;
	pthread_mutex_unlock(&helpers->lock);
}

struct job *helpers_collect(struct helpers *helpers)
{
	struct job *done;

	pthread_mutex_lock(&helpers->lock);
	done = take(helpers->done);
	pthread_mutex_unlock(&helpers->lock);
	return done;
}

void helpers_stop(struct helpers *helpers)
{
	pthread_mutex_lock(&helpers->lock);
	helpers->stopping = true;
	pthread_cond_broadcast(&helpers->work);
	while (helpers->count)
		pthread_cond_wait(&helpers->gone, &helpers->lock);
	pthread_mutex_unlock(&helpers->lock);
}
