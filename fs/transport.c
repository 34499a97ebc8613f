// SPDX-License-Identifier: BSD-2-Clause
#include "fs/transport.h"

#include <errno.h>
#include <linux/fuse.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/clock.h"
#include "fs/requests.h"

/* The largest request: max_write of libfuse, a page for headers. */
enum { BUFFER_SIZE = 257 * 4096 };

/* So many wait for requests. To make and end a thread costs as much as a dozen of them. */
enum { MOST_IDLE = 4 };

/* From newer headers than Debian 12 has. */
static const uint64_t INIT_OVER_IO_URING = UINT64_C(1) << 41;

static void init_remember(struct transport *transport, const void *request, size_t size)
{
	const struct fuse_in_header *header = request;
	const struct fuse_init_in *in = (const void *)(header + 1);

	if (size < sizeof(*header) + 16 || header->opcode != FUSE_INIT)
		return;
	transport->init_offered = in->flags;
	if ((in->flags & FUSE_INIT_EXT) && size >= sizeof(*header) + sizeof(*in))
		transport->init_offered |= (uint64_t)in->flags2 << 32;
	transport->init_unique = header->unique;
}

/* Where the kernel offers it; else the only question is why it could not be used anyway. */
static int rings_open(struct transport *transport)
{
	const struct uring_config config = {.session = transport->session,
					    .fuse_fd = transport->fd,
					    .payload = transport->payload,
					    .max_helpers = transport->max_threads,
					    .own_fs_attributes = transport->own_fs_attributes,
					    .is_quick = transport->is_quick,
					    .priority = &transport->priority,
					    .userdata = transport->userdata};
	int r = uring_check();

	if (r < 0 || !(transport->init_offered & INIT_OVER_IO_URING))
		return r;
	return uring_open(&config, &transport->uring);
}

/* What libfuse answers to INIT, and what we want besides. */
static void init_complete(struct transport *transport, struct iovec *iov, int count)
{
	struct fuse_out_header *header = iov[0].iov_base;
	struct fuse_init_out *out;
	uint64_t more = 0;
	uint32_t depth = 0;

	if (transport->init_unique == 0 || header->unique != transport->init_unique)
		return;
	transport->init_unique = 0;
	if (header->error || count < 2 || iov[1].iov_len < sizeof(*out))
		return;
	out = iov[1].iov_base;
	transport->payload = out->max_write;
	if (transport->payload < out->max_pages * 4096u)
		transport->payload = out->max_pages * 4096u;
	if (transport->payload < 8192)
		transport->payload = 8192;
	backing_negotiate(transport->backing, transport->init_offered, &more, &depth);
	transport->uring_error = transport->uring_wanted ? rings_open(transport) : 0;
	transport->uring_used = transport->uring;
	if (transport->uring_used)
		more |= INIT_OVER_IO_URING;
	if (!more)
		return;
	out->flags |= FUSE_INIT_EXT | (uint32_t)more;
	out->flags2 |= (uint32_t)(more >> 32);
	/* max_stack_depth, which headers older than Linux 6.9 have among the unused */
	memcpy((char *)out + offsetof(struct fuse_init_out, flags2) + sizeof(out->flags2), &depth,
	       sizeof(depth));
}

static ssize_t hook_read(int fd, void *buffer, size_t size, void *userdata)
{
	(void)userdata;
	return read(fd, buffer, size);
}

/* The hooks get the session's userdata, which is the file system's: there is one per process. */
static struct transport *the_transport;

/* This thread is among the idle ones. */
static _Thread_local bool counted;

/* Whose request this thread is at. */
static _Thread_local pid_t asker;

/*
 * A thread is idle from its reply on. Who gets it may run at once, in place of the thread, and ask
 * again: to those who count, it would seem that all threads were busy.
 */
static void became_idle(struct transport *transport)
{
	if (counted)
		return;
	counted = true;
	pthread_mutex_lock(&transport->lock);
	transport->idle++;
	pthread_mutex_unlock(&transport->lock);
}

static ssize_t hook_writev(int fd, struct iovec *iov, int count, void *userdata)
{
	(void)userdata;
	if (uring_reply(iov, count))
		return (ssize_t)((const struct fuse_out_header *)iov[0].iov_base)->len;
	init_complete(the_transport, iov, count);
	became_idle(the_transport);
	reply_priority_lower(asker);
	return writev(fd, iov, count);
}

static void on_wake(int number)
{
	(void)number;
}

int transport_init(struct transport *transport, struct fuse_session *session, int fd,
		   struct backing *backing, struct error *err)
{
	static const struct fuse_custom_io io = {.writev = hook_writev, .read = hook_read};
	struct sigaction wake = {.sa_handler = on_wake}; /* no SA_RESTART: read(2) returns */
	int r;

	*transport = (struct transport){.session = session,
					.backing = backing,
					.fd = fd,
					.ended_fd = -1,
					.max_threads = 16};
	pthread_mutex_init(&transport->lock, NULL);
	follow_init(&transport->follow);
	pthread_cond_init(&transport->gone, NULL);
	pthread_cond_init(&transport->answered, NULL);
	transport->ended_fd = eventfd(0, EFD_CLOEXEC);
	if (transport->ended_fd < 0)
		return error_errno(err, "cannot make an eventfd");
	the_transport = transport;
	backing->fuse_fd = fd;
	sigaction(TRANSPORT_WAKE, &wake, NULL);
	r = fuse_session_custom_io(session, &io, fd);
	return r < 0 ? error_code(err, r, "libfuse does not take our transport") : 0;
}

void transport_release(struct transport *transport)
{
	uring_free(transport->uring);
	closep(&transport->ended_fd);
	array_release(&transport->ids);
	pthread_cond_destroy(&transport->gone);
	pthread_cond_destroy(&transport->answered);
	pthread_mutex_destroy(&transport->lock);
	if (the_transport == transport)
		the_transport = NULL;
}

static void *worker(void *argument);

/* Called with the lock held. */
static int worker_add(struct transport *transport)
{
	pthread_t id;
	int r;

	if (array_reserve(&transport->ids, 1) < 0)
		return -ENOMEM;
	r = pthread_create(&id, NULL, worker, transport);
	if (r)
		return -r;
	pthread_detach(id);
	transport->threads++;
	transport->idle++; /* as good as waiting */
	return array_push(&transport->ids, id);
}

/*
 * After a request came in: somebody must be left waiting for the next, besides one who may not have
 * come to the end of his last.
 */
static void became_busy(struct transport *transport)
{
	counted = false;
	pthread_mutex_lock(&transport->lock);
	transport->idle--;
	if (transport->idle < 2 && transport->threads < transport->max_threads &&
	    !transport->stopping)
		worker_add(transport); /* without one more we are slower, not wrong */
	pthread_mutex_unlock(&transport->lock);
}

/* Before waiting again: true when there are enough who wait, and this one is not counted any more. */
static bool is_spare(struct transport *transport)
{
	bool spare;

	became_idle(transport);
	pthread_mutex_lock(&transport->lock);
	spare = transport->stopping || transport->idle > MOST_IDLE;
	if (spare)
		transport->idle--;
	pthread_mutex_unlock(&transport->lock);
	return spare;
}

static void worker_gone(struct transport *transport)
{
	pthread_t self = pthread_self();

	pthread_mutex_lock(&transport->lock);
	for (size_t i = 0; i < transport->ids.count; i++)
		if (pthread_equal(transport->ids.items[i], self))
			transport->ids.items[i--] = transport->ids.items[--transport->ids.count];
	transport->threads--;
	pthread_cond_signal(&transport->gone);
	pthread_mutex_unlock(&transport->lock);
}

static void ended(struct transport *transport)
{
	static const uint64_t one = 1;

	pthread_mutex_lock(&transport->lock);
	transport->stopping = true;
	pthread_mutex_unlock(&transport->lock);
	if (write(transport->ended_fd, &one, sizeof(one)) < 0)
		abort(); /* an eventfd takes eight bytes */
}

/* After the first request, which is INIT. */
static void init_done(struct transport *transport)
{
	if (transport->initialized)
		return;
	if (transport->uring)
		uring_go(transport->uring);
	pthread_mutex_lock(&transport->lock);
	transport->initialized = true;
	pthread_cond_broadcast(&transport->answered);
	pthread_mutex_unlock(&transport->lock);
}

/* All threads go where they are needed; those to come inherit it. */
static void follow_asker(struct transport *transport, pid_t tid)
{
	int cpu = transport->uring_used ? FOLLOW_NOBODY : follow_look(&transport->follow, tid);
	cpu_set_t cpus;

	if (cpu == FOLLOW_NOBODY)
		return;
	pthread_mutex_lock(&transport->lock);
	if (follow_seen(&transport->follow, cpu, clock_steady_ns())) {
		follow_cpus(&transport->follow, &cpus);
		for (size_t i = 0; i < transport->ids.count; i++)
			pthread_setaffinity_np(transport->ids.items[i], sizeof(cpus), &cpus);
	}
	pthread_mutex_unlock(&transport->lock);
}

/* One request: true to go on; the worker is counted as idle before, and not after. */
static bool serve_one(struct transport *transport, char *buffer)
{
	ssize_t n = read(transport->fd, buffer, BUFFER_SIZE);
	int error = errno;

	became_busy(transport);
	if (n > 0) {
		struct fuse_buf request = {.size = (size_t)n, .mem = buffer};

		asker = (pid_t)((const struct fuse_in_header *)(void *)buffer)->pid;
		requests_count(((const struct fuse_in_header *)(void *)buffer)->opcode);
		init_remember(transport, buffer, (size_t)n);
		fuse_session_process_buf(transport->session, &request);
		init_done(transport);
		follow_asker(transport, asker);
		return true;
	}
	if (n < 0 && (error == EINTR || error == EAGAIN || error == ENOENT))
		return true;
	ended(transport); /* ENODEV: unmounted */
	return false;
}

static void *worker(void *argument)
{
	struct transport *transport = argument;
	_cleanup_(freep) char *buffer = malloc(BUFFER_SIZE);

	if (transport->own_fs_attributes) {
		unshare(CLONE_FS);
		umask(0);
	}
	reply_priority_join(&transport->priority, false);
	if (buffer)
		while (serve_one(transport, buffer) && !is_spare(transport))
			;
	reply_priority_leave(&transport->priority);
	worker_gone(transport);
	return NULL;
}

int transport_start(struct transport *transport, struct error *err)
{
	int r;

	reply_priority_start(&transport->priority);
	pthread_mutex_lock(&transport->lock);
	r = worker_add(transport);
	pthread_mutex_unlock(&transport->lock);
	return r < 0 ? error_code(err, r, "cannot start a thread") : 0;
}

int transport_wait(struct transport *transport)
{
	struct timespec until;
	bool initialized;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += 10;
	pthread_mutex_lock(&transport->lock);
	while (!transport->initialized &&
	       pthread_cond_clockwait(&transport->answered, &transport->lock,
				      CLOCK_MONOTONIC, &until) == 0)
		;
	initialized = transport->initialized;
	pthread_mutex_unlock(&transport->lock);
	return initialized ? 0 : -EIO;
}

void transport_stop(struct transport *transport)
{
	pthread_mutex_lock(&transport->lock);
	transport->stopping = true;
	while (transport->threads) {
		struct timespec soon;

		/* again and again: one may be just before its read(2) */
		for (size_t i = 0; i < transport->ids.count; i++)
			pthread_kill(transport->ids.items[i], TRANSPORT_WAKE);
		clock_gettime(CLOCK_MONOTONIC, &soon);
		soon.tv_nsec += 20 * 1000 * 1000;
		if (soon.tv_nsec >= 1000000000) {
			soon.tv_nsec -= 1000000000;
			soon.tv_sec++;
		}
		pthread_cond_clockwait(&transport->gone, &transport->lock, CLOCK_MONOTONIC, &soon);
	}
	pthread_mutex_unlock(&transport->lock);
	uring_stop(transport->uring);
	reply_priority_stop(&transport->priority);
}
