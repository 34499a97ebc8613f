// SPDX-License-Identifier: BSD-2-Clause
/* Helpers for what may wait: as many as are needed and allowed, and none lost at the end. */
#include "fs/helpers.h"

#include <errno.h>

#include "tests/test.h"

enum { JOBS = 200, LIMIT = 3 };

static struct helpers helpers;
static struct job jobs[JOBS];
static int done[JOBS];

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER; /* who works has to pass it */

static void live(void *userdata)
{
	struct job *job;

	CHECK(userdata == &gate);
	while ((job = helpers_take(&helpers))) {
		pthread_mutex_lock(&gate);
		done[job - jobs]++;
		pthread_mutex_unlock(&gate);
		helpers_finish(&helpers, job);
	}
}

static void begin(unsigned int limit)
{
	memset(done, 0, sizeof(done));
	helpers_init(&helpers, limit, live, &gate);
}

static int collected(void)
{
	int count = 0;

	for (const struct job *job = helpers_collect(&helpers); job; job = job->next)
		count++;
	return count;
}

static void all_that_was_given_is_done_once_before_the_end(void)
{
	int back = 0;

	begin(LIMIT);
	for (int i = 0; i < JOBS; i++) {
		CHECK_INT(helpers_give(&helpers, &jobs[i]), 0);
		if (i % 50 == 0)
			back += collected();
	}
	helpers_stop(&helpers);
	CHECK_INT(back + collected(), JOBS);
	CHECK_INT(collected(), 0);
	for (int i = 0; i < JOBS; i++)
		CHECK_INT(done[i], 1);
	helpers_release(&helpers);
}

static void there_are_as_many_as_are_needed_and_allowed(void)
{
	begin(LIMIT);
	pthread_mutex_lock(&gate);
	for (int i = 0; i < LIMIT + 2; i++) {
		CHECK_INT(helpers_give(&helpers, &jobs[i]), 0);
		pthread_mutex_lock(&helpers.lock);
		CHECK_INT(helpers.count, i < LIMIT ? i + 1 : LIMIT);
		pthread_mutex_unlock(&helpers.lock);
	}
	pthread_mutex_unlock(&gate);
	helpers_stop(&helpers);
	CHECK_INT(helpers.count, 0);
	CHECK_INT(collected(), LIMIT + 2);
	helpers_release(&helpers);
}

static void where_nobody_may_help_nothing_is_taken(void)
{
	begin(0);
	CHECK_INT(helpers_give(&helpers, &jobs[0]), -EAGAIN);
	helpers_stop(&helpers);
	CHECK_INT(collected(), 0);
	helpers_release(&helpers);
}

static void at_the_end_nothing_more_is_taken(void)
{
	begin(LIMIT);
	CHECK_INT(helpers_give(&helpers, &jobs[0]), 0);
	helpers_stop(&helpers);
	CHECK_INT(helpers_give(&helpers, &jobs[1]), -EAGAIN);
	CHECK_INT(collected(), 1);
	CHECK_INT(done[1], 0);
	helpers_release(&helpers);
}

int main(void)
{
	RUN(all_that_was_given_is_done_once_before_the_end);
	RUN(there_are_as_many_as_are_needed_and_allowed);
	RUN(where_nobody_may_help_nothing_is_taken);
	RUN(at_the_end_nothing_more_is_taken);
	return test_end();
}
