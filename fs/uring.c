// SPDX-License-Identifier: BSD-2-Clause
#include "fs/uring.h"

#include <errno.h>
#include <linux/fuse.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/hash.h"
#include "fs/helpers.h"
#include "fs/requests.h"
#include "fs/ring.h"

struct entry {
	struct ring_entry ring;
	struct job job; /* given to the helpers, or collected from them */
	struct queue *queue;
};

struct queue {
	struct uring *uring;
	struct io_uring ring;
	pthread_t thread;
	bool running;
	bool stopping;        /* atomic */
	uint16_t qid;         /* and the CPU */
	int event_fd;         /* a helper has finished one, or it is time to stop */
	uint64_t event;
	bool replying;        /* the next submission holds replies */
	pid_t asker;          /* whose request was the last to be answered at once */
	unsigned int alive;   /* entries the kernel still has a use for */
	char *request;        /* put together for libfuse */
	struct entry entries[RING_DEPTH];

	/*
	 * Helpers take what may have to wait for a disk. They run on the queue's CPU as well: to wake
	 * somebody on another one costs more than all the rest.
	 */
	struct helpers helpers;
};

struct uring {
	struct uring_config config;
	pthread_mutex_t lock; /* guards what follows; a leaf */
	pthread_cond_t changed;
	size_t opened; /* queues that have their ring, or know that they get none */
	int error;     /* of the first that gets none */
	enum { URING_OPENING, URING_GOING, URING_STOPPING } stage;

	size_t count;
	struct queue queues[];
};

enum { EVENT_DATA = 1000 }; /* of the completed read of event_fd; entries have their index */

/* The entry this thread is answering. */
static _Thread_local struct ring_entry *current;

int uring_check(void)
{
	struct io_uring ring;
	int r = ring_make(&ring);

	if (r < 0)
		return r;
	io_uring_queue_exit(&ring);
	return 0;
}

bool uring_reply(const struct iovec *iov, int count)
{
	if (!current)
		return false;
	ring_entry_reply(current, iov, count);
	return true;
}

/* Have libfuse answer the request of that size; 0: one that cannot be read. */
static void entry_process(struct entry *entry, char *request, size_t size)
{
	struct fuse_out_header broken = {.len = sizeof(broken),
					 .error = -EIO,
					 .unique = ((struct fuse_in_header *)request)->unique};

	requests_count(((struct fuse_in_header *)request)->opcode);
	current = &entry->ring;
	if (size)
		fuse_session_process_buf(entry->queue->uring->config.session,
					 &(struct fuse_buf){.size = size, .mem = request});
	else
		uring_reply(&(struct iovec){&broken, sizeof(broken)}, 1);
	current = NULL;
}

/* As every thread of a queue begins. */
static void thread_begin(const struct queue *queue)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(queue->qid, &cpus);
	pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus); /* an offline one: anywhere */
	if (!queue->uring->config.own_fs_attributes)
		return;
	unshare(CLONE_FS);
	umask(0);
}

static void queue_wake(struct queue *queue)
{
	static const uint64_t one = 1;

	if (write(queue->event_fd, &one, sizeof(one)) < 0)
		abort(); /* an eventfd takes eight bytes */
}

/* A helper's life. */
static void queue_help(void *userdata)
{
	struct queue *queue = userdata;
	_cleanup_(freep) char *request = malloc(ring_request_room(queue->uring->config.payload));
	struct job *job;

	thread_begin(queue);
	reply_priority_usual(queue->uring->config.priority);
	while (request && (job = helpers_take(&queue->helpers))) {
		struct entry *entry = container_of(job, struct entry, job);

		entry_process(entry, request, ring_entry_request(&entry->ring, request));
		helpers_finish(&queue->helpers, job);
		queue_wake(queue);
	}
}

/* From here on all runs in the queue's own thread. */

static void entry_commit(struct entry *entry)
{
	struct queue *queue = entry->queue;

	queue->replying = true;
	ring_commit(&queue->ring, &entry->ring, queue->qid, (uint64_t)(entry - queue->entries));
}

static void entry_arrived(struct entry *entry)
{
	struct queue *queue = entry->queue;
	const struct uring_config *config = &queue->uring->config;
	size_t size = ring_entry_request(&entry->ring, queue->request);

	if (size && !config->is_quick(config->userdata, queue->request, size) &&
	    helpers_give(&queue->helpers, &entry->job) == 0)
		return;
	if (size)
		queue->asker = (pid_t)((struct fuse_in_header *)queue->request)->pid;
	entry_process(entry, queue->request, size);
	entry_commit(entry);
}

static void event_await(struct queue *queue)
{
	ring_read_event(&queue->ring, queue->event_fd, &queue->event, EVENT_DATA);
}

static void replies_collect(struct queue *queue)
{
	struct job *done, *next;

	for (done = helpers_collect(&queue->helpers); done; done = next) {
		next = done->next;
		entry_commit(container_of(done, struct entry, job));
	}
	event_await(queue);
}

/* Everything that has come in; false when the kernel has given up the last entry. */
static bool completions_serve(struct queue *queue)
{
	struct io_uring_cqe *cqe;

	while (io_uring_peek_cqe(&queue->ring, &cqe) == 0) {
		uint64_t data = cqe->user_data;
		int result = cqe->res;

		io_uring_cqe_seen(&queue->ring, cqe);
		if (data == EVENT_DATA)
			replies_collect(queue);
		else if (result == 0)
			entry_arrived(&queue->entries[data]);
		else if (--queue->alive == 0) /* -ENOTCONN: unmounted */
			return false;
	}
	return true;
}

/* The ring is there, or this is why not: false when it is not needed. */
static bool queue_wait_to_go(struct queue *queue, int error)
{
	struct uring *uring = queue->uring;
	bool going;

	pthread_mutex_lock(&uring->lock);
	uring->opened++;
	if (error && !uring->error)
		uring->error = error;
	pthread_cond_broadcast(&uring->changed);
	while (uring->stage == URING_OPENING)
		pthread_cond_wait(&uring->changed, &uring->lock);
	going = uring->stage == URING_GOING;
	pthread_mutex_unlock(&uring->lock);
	return going && !error;
}

static void queue_register(struct queue *queue)
{
	event_await(queue);
	for (size_t i = 0; i < RING_DEPTH; i++)
		ring_register(&queue->ring, &queue->entries[i].ring, queue->qid, i);
	queue->alive = RING_DEPTH;
}

static bool is_stopping(const struct queue *queue)
{
	return __atomic_load_n(&queue->stopping, __ATOMIC_ACQUIRE);
}

static void queue_serve(struct queue *queue)
{
	queue_register(queue);
	reply_priority_join(queue->uring->config.priority, true);
	while (completions_serve(queue) && !is_stopping(queue)) {
		if (queue->replying)
			reply_priority_lower(queue->asker);
		queue->replying = false;
		io_uring_submit_and_wait(&queue->ring, 1);
	}
	reply_priority_leave(queue->uring->config.priority);
	io_uring_submit(&queue->ring); /* the last replies, which were collected on the way out */
}

static void *queue_run(void *argument)
{
	struct queue *queue = argument;
	int r;

	thread_begin(queue);
	r = ring_open(&queue->ring, queue->uring->config.fuse_fd);
	if (queue_wait_to_go(queue, r))
		queue_serve(queue);
	if (r == 0)
		io_uring_queue_exit(&queue->ring);
	return NULL;
}

/* The whole. */

static int queue_init(struct queue *queue, struct uring *uring, uint16_t qid)
{
	queue->uring = uring;
	queue->qid = qid;
	helpers_init(&queue->helpers, uring->config.max_helpers, queue_help, queue);
	queue->event_fd = eventfd(0, EFD_CLOEXEC);
	if (queue->event_fd < 0)
		return -errno;
	queue->request = malloc(ring_request_room(uring->config.payload));
	if (!queue->request)
		return -ENOMEM;
	for (size_t i = 0; i < RING_DEPTH; i++) {
		queue->entries[i].queue = queue;
		if (ring_entry_init(&queue->entries[i].ring, uring->config.payload) < 0)
			return -ENOMEM;
	}
	return 0;
}

static void uring_freep(struct uring **uring)
{
	uring_free(*uring);
}

static int queues_start(struct uring *uring)
{
	for (size_t i = 0; i < uring->count; i++) {
		struct queue *queue = &uring->queues[i];
		int r = pthread_create(&queue->thread, NULL, queue_run, queue);

		if (r)
			return -r;
		queue->running = true;
	}
	return 0;
}

/* Until each has its ring, or one has none. */
static int queues_wait(struct uring *uring)
{
	int r;

	pthread_mutex_lock(&uring->lock);
	while (uring->opened < uring->count)
		pthread_cond_wait(&uring->changed, &uring->lock);
	r = uring->error;
	pthread_mutex_unlock(&uring->lock);
	return r;
}

static void enter_stage(struct uring *uring, int stage)
{
	pthread_mutex_lock(&uring->lock);
	uring->stage = stage;
	pthread_cond_broadcast(&uring->changed);
	pthread_mutex_unlock(&uring->lock);
}

int uring_open(const struct uring_config *config, struct uring **ret_uring)
{
	size_t count = (size_t)sysconf(_SC_NPROCESSORS_CONF);
	_cleanup_(uring_freep) struct uring *uring = NULL;
	int r;

	uring = calloc(1, sizeof(*uring) + count * sizeof(uring->queues[0]));
	if (!uring)
		return -ENOMEM;
	pthread_mutex_init(&uring->lock, NULL);
	pthread_cond_init(&uring->changed, NULL);
	uring->config = *config;
	for (size_t i = 0; i < count; i++) {
		uring->count = i + 1;
		r = queue_init(&uring->queues[i], uring, (uint16_t)i);
		if (r < 0)
			return r;
	}
	r = queues_start(uring);
	if (r == 0)
		r = queues_wait(uring);
	if (r < 0) {
		uring_stop(uring);
		return r;
	}
	*ret_uring = take(uring);
	return 0;
}

void uring_go(struct uring *uring)
{
	enter_stage(uring, URING_GOING);
}

/* Helpers first: the queue's thread sends their last replies. */
static void queue_stop(struct queue *queue)
{
	helpers_stop(&queue->helpers);
	__atomic_store_n(&queue->stopping, true, __ATOMIC_RELEASE);
	if (!queue->running)
		return;
	queue_wake(queue);
	pthread_join(queue->thread, NULL);
	queue->running = false;
}

void uring_stop(struct uring *uring)
{
	if (!uring)
		return;
	enter_stage(uring, URING_STOPPING);
	for (size_t i = 0; i < uring->count; i++)
		queue_stop(&uring->queues[i]);
}

static void queue_release(struct queue *queue)
{
	for (size_t i = 0; i < RING_DEPTH; i++)
		ring_entry_release(&queue->entries[i].ring);
	free(queue->request);
	closep(&queue->event_fd);
	helpers_release(&queue->helpers);
}

void uring_free(struct uring *uring)
{
	if (!uring)
		return;
	for (size_t i = 0; i < uring->count; i++)
		queue_release(&uring->queues[i]);
	pthread_cond_destroy(&uring->changed);
	pthread_mutex_destroy(&uring->lock);
	free(uring);
}
