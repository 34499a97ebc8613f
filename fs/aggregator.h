/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Folds events into accesses. Any thread adds; one thread (fs/recorder.h) takes what has come
 * together as a batch. Adding costs one hash lookup under a lock. Memory grows with distinct
 * (path, op, result, program), never with the number of calls; beyond AGGREGATOR_MAX_ACCESSES of
 * them, when the manifest cannot take them for a long time, further new ones are counted as
 * dropped.
 *
 * An exec is seen by the kernel's own look at the file's attributes and then an open. That look is
 * not the program's stat: when an exec follows a stat of the same path by the same thread directly,
 * the stat is taken back.
 */
#ifndef FS_AGGREGATOR_H
#define FS_AGGREGATOR_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "db/base/hash.h"
#include "fs/event.h"

enum { AGGREGATOR_MAX_ACCESSES = 1000000, AGGREGATOR_MAX_EVENTS = 2000000 };

/* What many events with one path, op, result and program add up to. */
struct aggregate {
	struct aggregate *next; /* of the same path */
	const struct program *program;
	enum access_op op;
	int error;
	unsigned int flags;
	uint64_t count; /* 0: all of them were taken back */
	uint64_t first_seq;
	int64_t first_ns, last_ns;
};

/* A path and all that was done to it. */
struct batch_path {
	struct hash_link link;
	struct batch_path *next; /* in the order of their first events */
	struct aggregate *aggregates;
	bool has_found;
	struct found found;
	char text[];
};

/* One event of log=events. */
struct raw_event {
	uint64_t seq; /* 0: taken back */
	int64_t ns;
	const struct batch_path *path;
	const struct program *program;
	pid_t tid;
	enum access_op op;
	int error;
};

struct batch_block;

/* What came together between two takings; its programs outlive it. */
struct batch {
	struct hash index; /* of paths */
	struct batch_path *paths, **last;
	struct batch_block *blocks; /* the memory of paths and aggregates */
	size_t aggregates;
	uint64_t events;  /* counted into the aggregates */
	uint64_t dropped; /* seen, and no room for them; 0 once that is written */
	struct raw_event *raw; /* in order; only with log=events */
	size_t raw_count, raw_capacity;
};

void batch_free(struct batch *batch);
void batch_freep(struct batch **batch);

/*
 * Threads whose last event was a stat, found by a hash of the thread id: one of WAYS neighbours. A
 * child's id is often a round number away from its parent's, so one place each would not do.
 */
enum { AGGREGATOR_WAYS = 4, AGGREGATOR_SLOTS = 128 * AGGREGATOR_WAYS };

struct aggregator {
	pthread_mutex_t lock; /* a leaf; guards all below */
	struct batch *batch;  /* being filled; NULL while there is nothing */
	bool raw;
	uint64_t seq;         /* of the last event */
	int64_t base_ns;      /* CLOCK_REALTIME less CLOCK_MONOTONIC at the session's start: steps of the
	                         clock do not reach the order of events */
	uint64_t lost;        /* events for which there was no batch at all */
	struct last_stat {    /* the last event of a thread, while it is a stat */
		pid_t tid;
		struct batch_path *path;
		struct aggregate *aggregate;
		size_t raw; /* index in batch->raw */
		uint64_t seq;
		int64_t ns;
	} last_stats[AGGREGATOR_SLOTS];
};

/* raw: keep the stream of events as well, of which batches then have both. */
void aggregator_init(struct aggregator *aggregator, bool raw);
void aggregator_release(struct aggregator *aggregator);

/* Copies what it keeps. Where there is no memory or no room the event is counted as dropped. */
void aggregator_add(struct aggregator *aggregator, const struct event *event);

/*
 * What has come together, which is the caller's then; NULL when nothing has. A stat that may yet
 * turn out to be the first half of an exec stays behind unless `all`.
 */
struct batch *aggregator_take(struct aggregator *aggregator, bool all);

/* Start numbering again from 1, on the clock as it is now: a new session begins. */
void aggregator_restart(struct aggregator *aggregator);

/* Distinct accesses waiting and events seen so far, for the curious. */
void aggregator_status(struct aggregator *aggregator, size_t *ret_waiting, uint64_t *ret_seq);

#endif
