// SPDX-License-Identifier: BSD-2-Clause
#include "fs/uring.h"

#ifdef HAVE_LIBURING

#include <errno.h>
#include <liburing.h>
#include <linux/fuse.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"

/* The kernel's structures, from newer headers than Debian 12 has. */
enum { CMD_REGISTER = 1, CMD_COMMIT_AND_FETCH = 2, DEPTH = 8, HEADER_AREA = 128 };

struct ring_header {
	char in_out[HEADER_AREA]; /* struct fuse_in_header, then struct fuse_out_header */
	char op_in[HEADER_AREA];  /* the first argument of a request */
	uint64_t flags;
	uint64_t commit_id;
	uint32_t payload_size;
	uint32_t padding;
	uint64_t reserved;
};
_Static_assert(sizeof(struct ring_header) == 288, "fuse_uring_req_header");

struct ring_command {
	uint64_t flags;
	uint64_t commit_id;
	uint16_t qid;
	uint8_t padding[6];
};

struct entry {
	struct queue *queue;
	struct entry *next;   /* of those to be worked on, or done */
	struct ring_header header;
	char *payload;
	struct iovec iov[2];
	uint64_t commit_id;
};

struct queue {
	struct uring *uring;
	struct io_uring ring;
	pthread_t thread;
	bool running;
	uint16_t qid;
	int event_fd;         /* a helper has finished one */
	uint64_t event;
	bool replying;        /* the next submission holds replies */
	pid_t asker;          /* whose request was the last to be answered at once */
	unsigned int alive;   /* entries the kernel still has a use for */
	char *request;        /* put together for libfuse */
	struct entry entries[DEPTH];

	/*
	 * Helpers take what may have to wait for a disk. They run on the queue's CPU as well: to wake
	 * somebody on another one costs more than all the rest.
	 */
	pthread_mutex_t lock; /* guards what follows; a leaf */
	pthread_cond_t work, gone;
	struct entry *todo, **todo_last;
	struct entry *done;
	unsigned int helpers, idle;
	bool stopping;
};

struct uring {
	struct uring_config config;
	size_t count;
	struct queue queues[];
};

enum { EVENT_DATA = 1000 }; /* user_data of the read of event_fd; entries have their index */

/* The entry this thread is answering. */
static _Thread_local struct entry *current;

static int ring_make(struct io_uring *ring)
{
	struct io_uring_params params = {.flags = IORING_SETUP_SQE128 | IORING_SETUP_CQSIZE |
						  IORING_SETUP_SINGLE_ISSUER |
						  IORING_SETUP_DEFER_TASKRUN,
					 .cq_entries = 4 * DEPTH};

	return io_uring_queue_init_params(2 * DEPTH, ring, &params);
}

bool uring_possible(void)
{
	struct io_uring ring;

	if (ring_make(&ring) < 0)
		return false;
	io_uring_queue_exit(&ring);
	return true;
}

/* The request in one piece, as /dev/fuse would have given it; its size. */
static size_t request_assemble(const struct entry *entry, char *request)
{
	const struct fuse_in_header *in = (const void *)entry->header.in_out;
	size_t payload = entry->header.payload_size;
	size_t first = in->len - sizeof(*in) - payload;

	if (in->len < sizeof(*in) + payload || first > HEADER_AREA)
		return 0;
	memcpy(request, in, sizeof(*in));
	memcpy(request + sizeof(*in), entry->header.op_in, first);
	memcpy(request + sizeof(*in) + first, entry->payload, payload);
	return in->len;
}

bool uring_reply(const struct iovec *iov, int count)
{
	struct entry *entry = current;
	size_t size = 0, room;

	if (!entry)
		return false;
	memcpy(entry->header.in_out, iov[0].iov_base, sizeof(struct fuse_out_header));
	room = entry->iov[1].iov_len;
	for (int i = 1; i < count && iov[i].iov_len <= room - size; i++) {
		memcpy(entry->payload + size, iov[i].iov_base, iov[i].iov_len);
		size += iov[i].iov_len;
	}
	entry->header.payload_size = (uint32_t)size;
	return true;
}

static void entry_process(struct entry *entry, char *request)
{
	const struct uring_config *config = &entry->queue->uring->config;
	size_t size = request_assemble(entry, request);
	struct fuse_out_header broken = {.len = sizeof(broken),
					 .error = -EIO,
					 .unique = ((struct fuse_in_header *)request)->unique};

	current = entry;
	if (size)
		fuse_session_process_buf(config->session,
					 &(struct fuse_buf){.size = size, .mem = request});
	else
		uring_reply(&(struct iovec){&broken, sizeof(broken)}, 1);
	current = NULL;
}

static size_t request_room(const struct uring *uring)
{
	return sizeof(struct fuse_in_header) + HEADER_AREA + uring->config.payload;
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

/* Helpers. */

static void queue_wake(struct queue *queue)
{
	static const uint64_t one = 1;

	if (write(queue->event_fd, &one, sizeof(one)) < 0)
		abort(); /* an eventfd takes eight bytes */
}

static void hand_back(struct entry *entry)
{
	struct queue *queue = entry->queue;

	pthread_mutex_lock(&queue->lock);
	entry->next = queue->done;
	queue->done = entry;
	pthread_mutex_unlock(&queue->lock);
	queue_wake(queue);
}

static struct entry *next_work(struct queue *queue)
{
	struct entry *entry;

	pthread_mutex_lock(&queue->lock);
	queue->idle++;
	while (!queue->todo && !queue->stopping)
		pthread_cond_wait(&queue->work, &queue->lock);
	queue->idle--;
	entry = queue->todo;
	if (entry) {
		queue->todo = entry->next;
		if (!queue->todo)
			queue->todo_last = &queue->todo;
	}
	pthread_mutex_unlock(&queue->lock);
	return entry;
}

static void *helper_run(void *argument)
{
	struct queue *queue = argument;
	_cleanup_(freep) char *request = malloc(request_room(queue->uring));
	struct entry *entry;

	thread_begin(queue);
	yield_usual(queue->uring->config.yield);
	while (request && (entry = next_work(queue))) {
		entry_process(entry, request);
		hand_back(entry);
	}
	pthread_mutex_lock(&queue->lock);
	queue->helpers--;
	pthread_cond_signal(&queue->gone);
	pthread_mutex_unlock(&queue->lock);
	return NULL;
}

/* 0, or -EAGAIN when there is nobody to take it. */
static int hand_over(struct queue *queue, struct entry *entry)
{
	pthread_t id;
	int r = 0;

	pthread_mutex_lock(&queue->lock);
	if (queue->idle == 0 && !queue->stopping &&
	    queue->helpers < queue->uring->config.max_helpers &&
	    pthread_create(&id, NULL, helper_run, queue) == 0) {
		pthread_detach(id);
		queue->helpers++;
	}
	if (queue->helpers == 0) {
		r = -EAGAIN;
	} else {
		entry->next = NULL;
		*queue->todo_last = entry;
		queue->todo_last = &entry->next;
		pthread_cond_signal(&queue->work);
	}
	pthread_mutex_unlock(&queue->lock);
	return r;
}

/* Queues: all of this runs in the queue's own thread. */

/* A cleared one; the ring has room for all that can be on the way. */
static struct io_uring_sqe *sqe_get(struct queue *queue)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&queue->ring);

	if (!sqe)
		abort();
	memset((void *)sqe, 0, 128);
	return sqe;
}

static void command_submit(struct entry *entry, unsigned int operation)
{
	struct queue *queue = entry->queue;
	struct io_uring_sqe *sqe = sqe_get(queue);
	struct ring_command *command;

	sqe->opcode = IORING_OP_URING_CMD;
	sqe->flags = IOSQE_FIXED_FILE;
	sqe->fd = 0;
	sqe->cmd_op = operation;
	sqe->addr = (uint64_t)(uintptr_t)entry->iov;
	sqe->len = 2;
	sqe->user_data = (uint64_t)(entry - queue->entries);
	queue->replying |= operation == CMD_COMMIT_AND_FETCH;
	command = (struct ring_command *)sqe->cmd;
	command->commit_id = entry->commit_id;
	command->qid = queue->qid;
}

static void event_submit(struct queue *queue)
{
	struct io_uring_sqe *sqe = sqe_get(queue);

	io_uring_prep_read(sqe, queue->event_fd, &queue->event, sizeof(queue->event), 0);
	sqe->user_data = EVENT_DATA;
}

static void entry_arrived(struct entry *entry)
{
	struct queue *queue = entry->queue;
	struct uring *uring = queue->uring;
	size_t size;

	entry->commit_id = entry->header.commit_id;
	size = request_assemble(entry, queue->request);
	if (size &&
	    !uring->config.is_quick(uring->config.userdata, queue->request, size) &&
	    hand_over(queue, entry) == 0)
		return;
	if (size)
		queue->asker = (pid_t)((struct fuse_in_header *)queue->request)->pid;
	entry_process(entry, queue->request);
	command_submit(entry, CMD_COMMIT_AND_FETCH);
}

static void replies_collect(struct queue *queue)
{
	struct entry *done, *next;

	pthread_mutex_lock(&queue->lock);
	done = take(queue->done);
	pthread_mutex_unlock(&queue->lock);
	for (; done; done = next) {
		next = done->next;
		command_submit(done, CMD_COMMIT_AND_FETCH);
	}
	event_submit(queue);
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

static int queue_open(struct queue *queue)
{
	int r = ring_make(&queue->ring);

	if (r < 0)
		return r;
	r = io_uring_register_files(&queue->ring, &queue->uring->config.fuse_fd, 1);
	if (r < 0) {
		io_uring_queue_exit(&queue->ring);
		return r;
	}
	io_uring_register_ring_fd(&queue->ring); /* saves finding it at each call, if it works */
	event_submit(queue);
	for (size_t i = 0; i < DEPTH; i++)
		command_submit(&queue->entries[i], CMD_REGISTER);
	queue->alive = DEPTH;
	return 0;
}

static bool is_stopping(const struct queue *queue)
{
	return __atomic_load_n(&queue->stopping, __ATOMIC_ACQUIRE);
}

static void *queue_run(void *argument)
{
	struct queue *queue = argument;

	thread_begin(queue);
	if (queue_open(queue) < 0)
		return NULL;
	yield_join(queue->uring->config.yield, true);
	while (completions_serve(queue) && !is_stopping(queue)) {
		if (queue->replying)
			yield_before_reply(queue->asker);
		queue->replying = false;
		io_uring_submit_and_wait(&queue->ring, 1);
	}
	yield_leave(queue->uring->config.yield);
	io_uring_queue_exit(&queue->ring);
	return NULL;
}

/* The whole. */

static int queue_init(struct queue *queue, struct uring *uring, uint16_t qid)
{
	queue->uring = uring;
	queue->qid = qid;
	queue->todo_last = &queue->todo;
	pthread_mutex_init(&queue->lock, NULL);
	pthread_cond_init(&queue->work, NULL);
	pthread_cond_init(&queue->gone, NULL);
	queue->event_fd = eventfd(0, EFD_CLOEXEC);
	queue->request = malloc(request_room(uring));
	if (queue->event_fd < 0 || !queue->request)
		return -ENOMEM;
	for (size_t i = 0; i < DEPTH; i++) {
		struct entry *entry = &queue->entries[i];

		entry->queue = queue;
		entry->payload = malloc(uring->config.payload);
		if (!entry->payload)
			return -ENOMEM;
		entry->iov[0] = (struct iovec){&entry->header, sizeof(entry->header)};
		entry->iov[1] = (struct iovec){entry->payload, uring->config.payload};
	}
	return 0;
}

static void uring_freep(struct uring **uring)
{
	uring_free(*uring);
}

int uring_start(const struct uring_config *config, struct uring **ret_uring, struct error *err)
{
	size_t count = (size_t)sysconf(_SC_NPROCESSORS_CONF);
	_cleanup_(uring_freep) struct uring *uring = NULL;

	uring = calloc(1, sizeof(*uring) + count * sizeof(uring->queues[0]));
	if (!uring)
		return error_oom(err);
	uring->config = *config;
	for (size_t i = 0; i < count; i++) {
		uring->count = i + 1;
		if (queue_init(&uring->queues[i], uring, (uint16_t)i) < 0)
			return error_oom(err);
	}
	for (size_t i = 0; i < count; i++) {
		struct queue *queue = &uring->queues[i];
		int r = pthread_create(&queue->thread, NULL, queue_run, queue);

		if (r) {
			uring_stop(uring);
			return error_code(err, -r, "cannot start a thread");
		}
		queue->running = true;
	}
	*ret_uring = take(uring);
	return 0;
}

/* Helpers first: the queue's thread sends their last replies. */
static void queue_stop(struct queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	__atomic_store_n(&queue->stopping, true, __ATOMIC_RELEASE);
	pthread_cond_broadcast(&queue->work);
	while (queue->helpers)
		pthread_cond_wait(&queue->gone, &queue->lock);
	pthread_mutex_unlock(&queue->lock);
	if (!queue->running)
		return;
	queue_wake(queue);
	pthread_join(queue->thread, NULL);
	queue->running = false;
}

void uring_stop(struct uring *uring)
{
	for (size_t i = 0; uring && i < uring->count; i++)
		queue_stop(&uring->queues[i]);
}

static void queue_release(struct queue *queue)
{
	for (size_t i = 0; i < DEPTH; i++)
		free(queue->entries[i].payload);
	free(queue->request);
	closep(&queue->event_fd);
	pthread_mutex_destroy(&queue->lock);
	pthread_cond_destroy(&queue->work);
	pthread_cond_destroy(&queue->gone);
}

void uring_free(struct uring *uring)
{
	for (size_t i = 0; uring && i < uring->count; i++)
		queue_release(&uring->queues[i]);
	free(uring);
}

#else /* without liburing */

#include <errno.h>

bool uring_possible(void)
{
	return false;
}

int uring_start(const struct uring_config *config, struct uring **ret_uring, struct error *err)
{
	(void)config;
	(void)ret_uring;
	return error_set(err, -EOPNOTSUPP, "built without liburing");
}

bool uring_reply(const struct iovec *iov, int count)
{
	(void)iov;
	(void)count;
	return false;
}

void uring_stop(struct uring *uring)
{
	(void)uring;
}

void uring_free(struct uring *uring)
{
	(void)uring;
}

#endif
