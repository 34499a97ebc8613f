// SPDX-License-Identifier: BSD-2-Clause
#include "pack/image/workers.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "db/base/clock.h"

enum {
	BLOCKS_PER_THREAD = 8, /* so that neither big files nor many small ones make anybody wait */
	SPARE_BUFFERS = 4, /* two fragments being filled, two in the owner's hand */
};

/* A place in the ring of blocks in flight. */
struct slot {
	struct job job;
	int result;
	bool finished;
};

struct thread {
	struct workers *workers;
	struct compressor *compressor;
	uint8_t *spare; /* where the next block is compressed to */
	pthread_t id;
	bool started;
	double starved; /* seconds; under lock */
};

struct workers {
	struct workers_options options;
	size_t buffer_room;
	struct thread *threads;
	uint8_t **free_buffers; /* the owner's alone */
	size_t free_count, buffer_count;
	struct slot *slots;
	size_t slot_count;
	int error; /* the owner's alone: the first one */

	pthread_mutex_t lock; /* guards all below and the slots between head and tail */
	pthread_cond_t work, finished;
	uint64_t head; /* oldest block in flight */
	uint64_t next; /* oldest block no worker has taken */
	uint64_t tail; /* where the next block goes */
	bool stop;
};

/* Compress into the spare buffer; the block's old buffer becomes the spare one. */
static int run_job(struct thread *thread, struct job *job)
{
	size_t size;
	int r;

	if (job->raw)
		return 0;
	if (job->effort != EFFORT_FULL) {
		r = compressor_try(thread->compressor, job->data, job->size, thread->spare,
				   thread->workers->buffer_room, &size);
		job->raw = size == 0;
		job->tried = (uint32_t)size;
		if (r < 0 || job->raw || job->effort == EFFORT_TRY)
			return r;
	}
	r = compressor_run(thread->compressor, job->as, job->data, job->size, thread->spare,
			   thread->workers->buffer_room, &size);
	if (r < 0)
		return r;
	job->raw = size == 0;
	if (size) {
		uint8_t *compressed = thread->spare;

		thread->spare = job->data;
		job->data = compressed;
		job->size = (uint32_t)size;
	}
	return 0;
}

/*
 * The owner sleeps until the oldest block is finished. It is woken for many at once, while there is
 * still enough for the others to do; in the end for what there is.
 */
static bool is_time_to_wake(const struct workers *w)
{
	return w->slots[w->head % w->slot_count].finished &&
	       (w->next == w->tail || w->next - w->head > w->slot_count / 2);
}

static void *thread_main(void *data)
{
	struct thread *thread = data;
	struct workers *w = thread->workers;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		struct slot *slot;
		double since = 0;
		int r;

		if (w->next == w->tail && !w->stop && w->tail)
			since = clock_steady_seconds();
		while (w->next == w->tail && !w->stop)
			pthread_cond_wait(&w->work, &w->lock);
		if (since && !w->stop)
			thread->starved += clock_steady_seconds() - since;
		if (w->stop)
			break;
		slot = &w->slots[w->next++ % w->slot_count];
		pthread_mutex_unlock(&w->lock);
		r = run_job(thread, &slot->job);
		pthread_mutex_lock(&w->lock);
		slot->result = r;
		slot->finished = true;
		if (is_time_to_wake(w))
			pthread_cond_signal(&w->finished);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

static int buffer_new(struct workers *w, uint8_t **ret_buffer)
{
	*ret_buffer = malloc(w->buffer_room);
	return *ret_buffer ? 0 : -ENOMEM;
}

/* As many blocks in flight as memory allows, but enough that no thread waits for the owner. */
static size_t slots_wanted(const struct workers_options *options, size_t buffer_room)
{
	size_t affordable = (size_t)(options->memory / buffer_room);
	size_t others = options->threads + SPARE_BUFFERS, most = options->threads * BLOCKS_PER_THREAD;
	size_t least = options->threads + 1;

	affordable = affordable > others ? affordable - others : 0;
	if (most < 8)
		most = 8;
	if (affordable > most)
		return most;
	return affordable < least ? least : affordable;
}

static int threads_start(struct workers *w)
{
	sigset_t all, before;
	int r = 0;

	/* signals are the program's business, not ours */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	for (unsigned int i = 0; i < w->options.threads && r == 0; i++) {
		struct thread *thread = &w->threads[i];

		thread->workers = w;
		r = compressor_new(&w->options.compressor, &thread->compressor);
		if (r == 0)
			r = buffer_new(w, &thread->spare);
		if (r == 0)
			r = -pthread_create(&thread->id, NULL, thread_main, thread);
		thread->started = r == 0;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return r;
}

int workers_new(const struct workers_options *options, struct workers **ret_workers)
{
	struct workers *w = calloc(1, sizeof(*w));
	int r = 0;

	if (!w)
		return -ENOMEM;
	w->options = *options;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->work, NULL);
	pthread_cond_init(&w->finished, NULL);
	w->buffer_room = compressor_room(options->buffer_size);
	w->slot_count = slots_wanted(options, w->buffer_room);
	w->slots = calloc(w->slot_count, sizeof(*w->slots));
	w->threads = calloc(options->threads, sizeof(*w->threads));
	w->buffer_count = w->slot_count + SPARE_BUFFERS;
	w->free_buffers = calloc(w->buffer_count, sizeof(*w->free_buffers));
	if (!w->slots || !w->threads || !w->free_buffers)
		r = -ENOMEM;
	while (r == 0 && w->free_count < w->buffer_count) {
		r = buffer_new(w, &w->free_buffers[w->free_count]);
		w->free_count += r == 0;
	}
	if (r == 0)
		r = threads_start(w);
	if (r < 0) {
		workers_free(w);
		return r;
	}
	*ret_workers = w;
	return 0;
}

void workers_free(struct workers *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_cond_broadcast(&w->work);
	pthread_mutex_unlock(&w->lock);
	for (unsigned int i = 0; w->threads && i < w->options.threads; i++) {
		if (w->threads[i].started)
			pthread_join(w->threads[i].id, NULL);
		compressor_free(w->threads[i].compressor);
		free(w->threads[i].spare);
	}
	for (; w->head < w->tail; w->head++)
		free(w->slots[w->head % w->slot_count].job.data);
	for (size_t i = 0; i < w->free_count; i++)
		free(w->free_buffers[i]);
	free(w->free_buffers);
	free(w->slots);
	free(w->threads);
	pthread_cond_destroy(&w->finished);
	pthread_cond_destroy(&w->work);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

int workers_finish_one(struct workers *w)
{
	struct slot *slot;
	int r;

	if (w->error)
		return w->error;
	if (w->head == w->tail)
		return 0;
	slot = &w->slots[w->head % w->slot_count];
	pthread_mutex_lock(&w->lock);
	while (!slot->finished)
		pthread_cond_wait(&w->finished, &w->lock);
	pthread_mutex_unlock(&w->lock);
	r = slot->result;
	if (r == 0)
		r = slot->job.done(&slot->job, slot->job.owner);
	w->free_buffers[w->free_count++] = slot->job.data;
	pthread_mutex_lock(&w->lock);
	slot->finished = false;
	w->head++;
	pthread_mutex_unlock(&w->lock);
	if (r < 0)
		w->error = r;
	return r < 0 ? r : 1;
}

int workers_buffer(struct workers *w, uint8_t **ret_buffer)
{
	while (!w->free_count) {
		int r = workers_finish_one(w);

		if (r < 0)
			return r;
	}
	*ret_buffer = w->free_buffers[--w->free_count];
	return 0;
}

void workers_put_back(struct workers *w, uint8_t *buffer)
{
	if (buffer)
		w->free_buffers[w->free_count++] = buffer;
}

int workers_submit(struct workers *w, const struct job *job)
{
	while (w->tail - w->head == w->slot_count && !w->error)
		workers_finish_one(w);
	if (w->error) {
		workers_put_back(w, job->data);
		return w->error;
	}
	w->slots[w->tail % w->slot_count] = (struct slot){.job = *job};
	pthread_mutex_lock(&w->lock);
	w->tail++;
	pthread_cond_signal(&w->work);
	pthread_mutex_unlock(&w->lock);
	return 0;
}

int workers_drain(struct workers *w)
{
	int r;

	while ((r = workers_finish_one(w)) > 0)
		;
	return r;
}

uint64_t workers_memory(const struct workers *w)
{
	return (w->buffer_count + w->options.threads) * (uint64_t)w->buffer_room;
}

double workers_starved(struct workers *w)
{
	double starved = 0;

	pthread_mutex_lock(&w->lock);
	for (unsigned int i = 0; i < w->options.threads; i++)
		starved += w->threads[i].starved;
	pthread_mutex_unlock(&w->lock);
	return starved;
}
