// SPDX-License-Identifier: BSD-2-Clause
#include "fs/aggregator.h"

#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/clock.h"

/* Batches are built from large blocks: thousands of small pieces, freed at once. */
enum { BLOCK_SIZE = 256 * 1024 };

/* Between an exec's look at the attributes and its open lie microseconds, seldom a disk access. */
static const int64_t EXEC_WINDOW_NS = 100 * 1000 * 1000;

struct batch_block {
	struct batch_block *next;
	size_t used, size;
	char bytes[] __attribute__((aligned(16)));
};

static void *batch_allocate(struct batch *batch, size_t size)
{
	struct batch_block *block = batch->blocks;
	void *result;

	size = (size + 15) & ~(size_t)15;
	if (!block || block->size - block->used < size) {
		size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;

		block = malloc(sizeof(*block) + room);
		if (!block)
			return NULL;
		*block = (struct batch_block){.next = batch->blocks, .size = room};
		batch->blocks = block;
	}
	result = block->bytes + block->used;
	block->used += size;
	return result;
}

static struct batch *batch_new(void)
{
	struct batch *batch = calloc(1, sizeof(*batch));

	if (batch)
		batch->last = &batch->paths;
	return batch;
}

void batch_free(struct batch *batch)
{
	if (!batch)
		return;
	while (batch->blocks) {
		struct batch_block *block = batch->blocks;

		batch->blocks = block->next;
		free(block);
	}
	hash_release(&batch->index);
	free(batch->raw);
	free(batch);
}

void batch_freep(struct batch **batch)
{
	batch_free(*batch);
}

static struct batch_path *batch_path_new(struct batch *batch, const char *path, size_t length)
{
	struct batch_path *new = batch_allocate(batch, sizeof(*new) + length + 1);

	if (!new)
		return NULL;
	*new = (struct batch_path){0};
	memcpy(new->text, path, length);
	new->text[length] = '\0';
	return new;
}

/* The path's place in the batch, made when it is new; NULL when out of memory. */
static struct batch_path *batch_path(struct batch *batch, const char *path, size_t length)
{
	uint64_t hash = hash_bytes(path, length);
	struct batch_path *new;

	for (struct hash_link *l = hash_first(&batch->index, hash); l; l = hash_next(l, hash)) {
		struct batch_path *old = container_of(l, struct batch_path, link);

		if (strncmp(old->text, path, length) == 0 && old->text[length] == '\0')
			return old;
	}
	new = batch_path_new(batch, path, length);
	if (!new || hash_add(&batch->index, &new->link, hash) < 0)
		return NULL;
	*batch->last = new;
	batch->last = &new->next;
	return new;
}

static void batch_path_found(struct batch *batch, struct batch_path *path,
			     const struct found *found)
{
	/* what was missing and then was made is what was made */
	if (path->has_found &&
	    (path->found.kind != ENTRY_MISSING || found->kind == ENTRY_MISSING))
		return;
	path->has_found = true;
	path->found = *found;
	if (found->target) {
		size_t size = strlen(found->target) + 1;
		char *copy = batch_allocate(batch, size);

		path->found.target = copy ? memcpy(copy, found->target, size) : NULL;
	}
}

/* The aggregate the event belongs to, made with a count of 0 when it is new. */
static struct aggregate *batch_aggregate(struct batch *batch, struct batch_path *path,
					 const struct event *event)
{
	struct aggregate *a;

	for (a = path->aggregates; a; a = a->next)
		if (a->op == event->op && a->error == event->error && a->program == event->program)
			return a;
	if (batch->aggregates >= AGGREGATOR_MAX_ACCESSES)
		return NULL;
	a = batch_allocate(batch, sizeof(*a));
	if (!a)
		return NULL;
	*a = (struct aggregate){.next = path->aggregates,
				.program = event->program,
				.op = event->op,
				.error = event->error};
	path->aggregates = a;
	batch->aggregates++;
	return a;
}

static void aggregate_count(struct aggregate *a, uint64_t seq, int64_t ns, unsigned int flags)
{
	if (a->count++ == 0) {
		a->first_seq = seq;
		a->first_ns = ns;
	}
	a->last_ns = ns;
	a->flags |= flags;
}

static int batch_raw(struct batch *batch, const struct raw_event *raw)
{
	if (batch->raw_count == batch->raw_capacity) {
		size_t capacity = batch->raw_capacity ? batch->raw_capacity * 2 : 1024;
		struct raw_event *grown;

		if (batch->raw_count >= AGGREGATOR_MAX_EVENTS)
			return -ENOMEM;
		grown = reallocarray(batch->raw, capacity, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		batch->raw = grown;
		batch->raw_capacity = capacity;
	}
	batch->raw[batch->raw_count++] = *raw;
	return 0;
}

void aggregator_init(struct aggregator *aggregator, bool raw)
{
	*aggregator = (struct aggregator){.raw = raw};
	pthread_mutex_init(&aggregator->lock, NULL);
	aggregator->base_ns = clock_wall_ns() - clock_steady_ns();
}

void aggregator_release(struct aggregator *aggregator)
{
	batch_free(aggregator->batch);
	pthread_mutex_destroy(&aggregator->lock);
}

/* Count one event into the batch; false when there was no room for it. */
static bool batch_count(struct aggregator *aggregator, const struct event *event, uint64_t seq,
			int64_t ns, struct last_stat *ret_place)
{
	struct batch *batch = aggregator->batch;
	struct batch_path *path = batch_path(batch, event->path, event->path_length);
	struct aggregate *a = path ? batch_aggregate(batch, path, event) : NULL;
	struct raw_event raw = {.seq = seq,
				.ns = ns,
				.path = path,
				.program = event->program,
				.tid = event->tid,
				.op = event->op,
				.error = event->error};

	if (path && event->found)
		batch_path_found(batch, path, event->found);
	if (!a || (aggregator->raw && batch_raw(batch, &raw) < 0)) {
		batch->dropped++;
		return false;
	}
	aggregate_count(a, seq, ns, event->flags);
	batch->events++;
	*ret_place = (struct last_stat){.tid = event->tid,
					.path = path,
					.aggregate = a,
					.raw = batch->raw_count - 1,
					.seq = seq,
					.ns = ns};
	return true;
}

static void stat_take_back(struct aggregator *aggregator, struct last_stat *stat)
{
	stat->aggregate->count--;
	aggregator->batch->events--;
	if (aggregator->raw)
		aggregator->batch->raw[stat->raw].seq = 0;
}

/* The thread's place, or the one that was used longest ago. */
static struct last_stat *last_stat_of(struct aggregator *aggregator, pid_t tid)
{
	size_t set = hash_number((uint64_t)tid) % (AGGREGATOR_SLOTS / AGGREGATOR_WAYS);
	struct last_stat *first = &aggregator->last_stats[set * AGGREGATOR_WAYS], *oldest = first;

	for (struct last_stat *s = first; s < first + AGGREGATOR_WAYS; s++) {
		if (s->aggregate && s->tid == tid)
			return s;
		if (!s->aggregate || (oldest->aggregate && s->ns < oldest->ns))
			oldest = s;
	}
	return oldest;
}

/* Remember a stat until the thread's next event; an exec of the same path takes it back. */
static void last_stat_turn(struct aggregator *aggregator, const struct event *event,
			   const struct last_stat *place)
{
	struct last_stat *last = last_stat_of(aggregator, event->tid);
	bool same = last->aggregate && last->tid == event->tid;

	if (same && event->op == ACCESS_EXEC && last->path == place->path &&
	    last->aggregate->program == event->program)
		stat_take_back(aggregator, last);
	if (event->op == ACCESS_STAT && event->error == 0)
		*last = *place;
	else if (same)
		last->aggregate = NULL;
}

void aggregator_add(struct aggregator *aggregator, const struct event *event)
{
	struct last_stat place;
	int64_t ns;

	pthread_mutex_lock(&aggregator->lock);
	ns = aggregator->base_ns + clock_steady_ns();
	if (!aggregator->batch)
		aggregator->batch = batch_new();
	aggregator->seq++;
	if (!aggregator->batch)
		aggregator->lost++;
	else if (batch_count(aggregator, event, aggregator->seq, ns, &place))
		last_stat_turn(aggregator, event, &place);
	pthread_mutex_unlock(&aggregator->lock);
}

/* Move a stat that is still open to the batch that begins. */
static void last_stat_carry(struct aggregator *aggregator, struct batch *old,
			    struct last_stat *last, int64_t now)
{
	struct event event = {.op = ACCESS_STAT,
			      .tid = last->tid,
			      .program = last->aggregate->program,
			      .path = last->path->text,
			      .path_length = strlen(last->path->text),
			      .found = last->path->has_found ? &last->path->found : NULL};
	struct last_stat moved;

	if (now - last->ns > EXEC_WINDOW_NS)
		return;
	if (!aggregator->batch)
		aggregator->batch = batch_new();
	if (!aggregator->batch || !batch_count(aggregator, &event, last->seq, last->ns, &moved))
		return;
	last->aggregate->count--;
	old->events--;
	if (aggregator->raw)
		old->raw[last->raw].seq = 0;
	*last = moved;
}

struct batch *aggregator_take(struct aggregator *aggregator, bool all)
{
	struct batch *taken;
	int64_t now;

	pthread_mutex_lock(&aggregator->lock);
	taken = take(aggregator->batch);
	if (taken) {
		taken->dropped += aggregator->lost;
		aggregator->lost = 0;
		now = aggregator->base_ns + clock_steady_ns();
		for (size_t i = 0; i < AGGREGATOR_SLOTS; i++) {
			struct last_stat *last = &aggregator->last_stats[i];
			struct aggregate *before = last->aggregate;

			if (before && !all)
				last_stat_carry(aggregator, taken, last, now);
			if (last->aggregate == before)
				last->aggregate = NULL;
		}
	}
	pthread_mutex_unlock(&aggregator->lock);
	return taken;
}

void aggregator_restart(struct aggregator *aggregator)
{
	pthread_mutex_lock(&aggregator->lock);
	aggregator->seq = aggregator->batch ? aggregator->batch->events : 0;
	aggregator->base_ns = clock_wall_ns() - clock_steady_ns();
	pthread_mutex_unlock(&aggregator->lock);
}

void aggregator_status(struct aggregator *aggregator, size_t *ret_waiting, uint64_t *ret_seq)
{
	pthread_mutex_lock(&aggregator->lock);
	*ret_waiting = aggregator->batch ? aggregator->batch->aggregates : 0;
	*ret_seq = aggregator->seq;
	pthread_mutex_unlock(&aggregator->lock);
}
