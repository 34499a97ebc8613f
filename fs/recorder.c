// SPDX-License-Identifier: BSD-2-Clause
#include "fs/recorder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/clock.h"
#include "db/guard.h"
#include "fs/batch_write.h"

/* A tenth of a CPU is left to the writer where others want all of it. */
enum { LESS_URGENT = 10 };

/* The manifest is not touched but by way of this; with `writing` held, once there are threads. */
static int under_guard(struct recorder *recorder, int (*work)(void *recorder, struct error *err),
		   struct error *err)
{
	return manifest_guard(recorder->path, work, recorder, err);
}

/* Begin the next session, under the label that is to be. */
static int write_start(void *data, struct error *err)
{
	struct recorder *recorder = data;
	_cleanup_(freep) char *copy = strdup(recorder->next_label);
	int r;

	if (!copy)
		return error_oom(err);
	recorder->start.label = copy;
	r = session_begin(recorder->manifest, &recorder->start, &recorder->session, err);
	if (r < 0) {
		recorder->start.label = recorder->label;
		return r;
	}
	recorder->given_up = 0;
	pthread_mutex_lock(&recorder->lock);
	free(recorder->label);
	recorder->label = take(copy);
	recorder->events = recorder->dropped = recorder->per_second = 0;
	free(recorder->problem);
	recorder->problem = NULL;
	recorder->started_ns = recorder->flushed_ns = clock_steady_ns();
	pthread_mutex_unlock(&recorder->lock);
	return 0;
}

int recorder_open(struct recorder *recorder, struct manifest *manifest,
		  struct aggregator *aggregator, const struct session_start *start,
		  unsigned int flush_ms, uint64_t max_size, struct error *err)
{
	pthread_condattr_t monotonic;
	int r;

	*recorder = (struct recorder){
		.aggregator = aggregator, .manifest = manifest, .flush_ms = flush_ms, .start = *start};
	pthread_mutex_init(&recorder->lock, NULL);
	pthread_mutex_init(&recorder->writing, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&recorder->wake, &monotonic);
	pthread_cond_init(&recorder->flushed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	recorder->path = manifest_path(manifest);
	recorder->next_label = start->label;
	r = under_guard(recorder, write_start, err);
	if (r < 0) {
		recorder->manifest = NULL; /* stays the caller's */
		return r;
	}
	manifest_file_init(&recorder->file, recorder->path, max_size);
	return 0;
}

void recorder_release(struct recorder *recorder)
{
	manifest_close(recorder->manifest);
	batch_free(recorder->pending);
	free(recorder->label);
	free(recorder->problem);
	free(recorder->late);
	pthread_cond_destroy(&recorder->wake);
	pthread_cond_destroy(&recorder->flushed);
	pthread_mutex_destroy(&recorder->lock);
	pthread_mutex_destroy(&recorder->writing);
}

static int write_accesses(struct recorder *recorder, struct batch *batch, struct error *err)
{
	struct batch_written written;
	int r;

	r = batch_write_accesses(recorder->manifest, recorder->session, batch, &written, err);
	if (r < 0)
		return r;
	pthread_mutex_lock(&recorder->lock);
	recorder->events += written.events;
	recorder->dropped += written.dropped;
	pthread_mutex_unlock(&recorder->lock);
	return 0;
}

static int write_batch(struct recorder *recorder, struct error *err)
{
	struct batch *batch = recorder->pending;
	int r;

	r = manifest_file_check(&recorder->file, err);
	while (r == 0 && (batch->paths || batch->dropped))
		r = write_accesses(recorder, batch, err);
	if (r == 0 && batch->raw_count)
		r = batch_write_raw(recorder->manifest, recorder->session, batch, err);
	return r;
}

/* A disk that is full, somebody who has the manifest locked: it spoils nothing if it ends. */
static void problem_set(struct recorder *recorder, const struct error *err)
{
	bool first;

	pthread_mutex_lock(&recorder->lock);
	if (!recorder->problem)
		recorder->problem = strdup(err->message);
	first = !recorder->failing;
	recorder->failing = true;
	pthread_mutex_unlock(&recorder->lock);
	if (first && recorder->warn)
		recorder->warn(err->message);
}

/* All that failed before is written after all: it was late, and that is all. Called with `lock` held. */
static void problem_clear(struct recorder *recorder)
{
	recorder->failing = false;
	if (!recorder->problem)
		return;
	free(recorder->late);
	recorder->late = take(recorder->problem);
}

/* Events that are given up: the batch that could not be written, and what came since. */
static uint64_t give_up(struct recorder *recorder)
{
	uint64_t lost = 0;

	for (; recorder->pending;
	     recorder->pending = aggregator_take(recorder->aggregator, recorder->last)) {
		lost += batch_unwritten(recorder->pending);
		batch_free(recorder->pending);
	}
	return lost;
}

/* It may grow no more: the session ends, loudly, and what is still seen is only counted. */
static void end_early(struct recorder *recorder, const struct error *why)
{
	if (!recorder->full) {
		session_note(recorder->manifest, recorder->session, 0, 0, why->message, NULL);
		session_end(recorder->manifest, recorder->session, SESSION_INTERRUPTED, NULL);
	}
	recorder->full = true;
	recorder->given_up += give_up(recorder);
}

/* Write what is pending and what has come together since: 0, or the first failure. */
static int write_all(void *data, struct error *err)
{
	struct recorder *recorder = data;

	for (int round = 0; round < 2; round++) {
		int r;

		if (!recorder->pending)
			recorder->pending = aggregator_take(recorder->aggregator, recorder->last);
		if (!recorder->pending)
			return 0;
		r = write_batch(recorder, err);
		if (r == -EFBIG)
			end_early(recorder, err);
		if (r < 0)
			return r;
		batch_free(take(recorder->pending));
	}
	return 0;
}

/* Called with `writing` held. */
static int flush_now(struct recorder *recorder, bool last)
{
	uint64_t events = recorder->events, dropped = recorder->dropped;
	struct error err = ERROR_INIT;
	int64_t now;
	int r;

	recorder->last = last;
	r = under_guard(recorder, write_all, &err);
	if (r < 0) {
		problem_set(recorder, &err);
		return r;
	}
	now = clock_steady_ns();
	pthread_mutex_lock(&recorder->lock);
	if (recorder->dropped > dropped)
		recorder->spoilt = true;
	if (!recorder->full)
		problem_clear(recorder);
	recorder->per_second = (recorder->events - events) * 1000 /
			       (uint64_t)((now - recorder->flushed_ns) / 1000000 + 1);
	recorder->flushed_ns = now;
	pthread_mutex_unlock(&recorder->lock);
	return 0;
}

static void flush(struct recorder *recorder, bool last)
{
	pthread_mutex_lock(&recorder->writing);
	flush_now(recorder, last);
	pthread_mutex_unlock(&recorder->writing);
}

void recorder_status(struct recorder *recorder, struct recorder_status *ret_status)
{
	struct recorder_status *s = ret_status;
	int64_t now = clock_steady_ns();

	pthread_mutex_lock(&recorder->lock);
	*s = (struct recorder_status){.events = recorder->events,
				      .dropped = recorder->dropped,
				      .per_second = recorder->per_second,
				      .failing = recorder->failing};
	s->elapsed_ms = (uint64_t)(now - recorder->started_ns) / 1000000;
	s->lag_ms = (uint64_t)(now - recorder->flushed_ns) / 1000000;
	snprintf(s->label, sizeof(s->label), "%s", recorder->label);
	if (recorder->problem)
		snprintf(s->problem, sizeof(s->problem), "%s", recorder->problem);
	else if (recorder->late)
		snprintf(s->problem, sizeof(s->problem), "none any more, only late: %s", recorder->late);
	pthread_mutex_unlock(&recorder->lock);
}

static struct timespec deadline(unsigned int ms)
{
	int64_t at = clock_steady_ns() + (int64_t)ms * 1000000;

	return (struct timespec){.tv_sec = at / 1000000000, .tv_nsec = at % 1000000000};
}

static void *recorder_run(void *argument)
{
	struct recorder *recorder = argument;

	nice(LESS_URGENT); /* of this thread only: who is traced goes first */
	pthread_mutex_lock(&recorder->lock);
	while (!recorder->stopping) {
		struct timespec until = deadline(recorder->flush_ms);
		uint64_t asked;
		bool last;

		while (!recorder->stopping && recorder->asked == recorder->answered &&
		       pthread_cond_timedwait(&recorder->wake, &recorder->lock, &until) == 0)
			;
		asked = recorder->asked;
		last = recorder->stopping;
		pthread_mutex_unlock(&recorder->lock);
		flush(recorder, last);
		pthread_mutex_lock(&recorder->lock);
		recorder->answered = asked;
		pthread_cond_broadcast(&recorder->flushed);
	}
	pthread_mutex_unlock(&recorder->lock);
	return NULL;
}

int recorder_start(struct recorder *recorder, struct error *err)
{
	int r = pthread_create(&recorder->thread, NULL, recorder_run, recorder);

	if (r)
		return error_code(err, -r, "cannot start the recorder");
	recorder->started = true;
	return 0;
}

int recorder_flush(struct recorder *recorder, struct error *err)
{
	uint64_t mine;
	int r = 0;

	pthread_mutex_lock(&recorder->lock);
	mine = ++recorder->asked;
	pthread_cond_signal(&recorder->wake);
	while (recorder->answered < mine)
		pthread_cond_wait(&recorder->flushed, &recorder->lock);
	if (recorder->failing)
		r = error_set(err, -EIO, "%s", recorder->problem ? recorder->problem : "unknown");
	pthread_mutex_unlock(&recorder->lock);
	return r;
}

static int write_ending(void *data, struct error *err)
{
	struct recorder *recorder = data;

	return session_ending(recorder->manifest, recorder->session, err);
}

void recorder_ending(struct recorder *recorder)
{
	pthread_mutex_lock(&recorder->writing);
	under_guard(recorder, write_ending, NULL);
	pthread_mutex_unlock(&recorder->writing);
}

/* Write the session's last words. */
static int write_end(void *data, struct error *err)
{
	struct recorder *recorder = data;
	bool whole = !recorder->problem && recorder->dropped == 0;
	int r = 0;

	if (!whole)
		r = session_note(recorder->manifest, recorder->session, 0, recorder->given_up,
				 recorder->problem ? recorder->problem : recorder->late, err);
	return r < 0 ? r
		     : session_end(recorder->manifest, recorder->session,
				   whole ? SESSION_COMPLETE : SESSION_INTERRUPTED, err);
}

/* Called with `writing` held. */
static int session_finish(struct recorder *recorder, struct error *err)
{
	recorder->spoilt |= recorder->failing;
	recorder->last = true;
	recorder->given_up += recorder->failing ? give_up(recorder) : 0;
	recorder->dropped += recorder->given_up;
	return under_guard(recorder, write_end, err);
}

int recorder_mark(struct recorder *recorder, const char *label, struct error *err)
{
	int r;

	pthread_mutex_lock(&recorder->writing);
	r = flush_now(recorder, true);
	if (r < 0)
		error_set(err, r, "%s", recorder->problem ? recorder->problem : "unknown");
	if (r == 0)
		r = session_finish(recorder, err);
	if (r == 0) {
		aggregator_restart(recorder->aggregator);
		recorder->next_label = label;
		r = under_guard(recorder, write_start, err);
	}
	pthread_mutex_unlock(&recorder->writing);
	return r;
}

static int read_summary(void *data, struct error *err)
{
	struct recorder *recorder = data;

	return summary_count(recorder->summary, recorder->manifest, recorder->session, err);
}

int recorder_stop(struct recorder *recorder, struct summary *ret_summary, struct error *err)
{
	int r, counted;

	pthread_mutex_lock(&recorder->lock);
	recorder->stopping = true;
	pthread_cond_signal(&recorder->wake);
	pthread_mutex_unlock(&recorder->lock);
	if (recorder->started)
		pthread_join(recorder->thread, NULL);
	flush(recorder, true); /* what came in between */
	r = session_finish(recorder, err);
	*ret_summary = (struct summary){.accesses = recorder->events,
					.dropped = recorder->dropped};
	recorder->summary = ret_summary;
	counted = r < 0 ? r : under_guard(recorder, read_summary, err);
	return r < 0 ? r : counted;
}
