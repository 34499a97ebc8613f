/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests in, replies out: over /dev/fuse by a few threads that wait in read(2), or over io_uring
 * where the kernel offers it. A thread is added when all others are busy, so that one slow disk
 * access does not stall the calls beside it.
 *
 * libfuse decodes and encodes; it is told to read and write through us, so that the INIT reply can
 * be completed with what it does not know yet.
 */
#ifndef FS_TRANSPORT_H
#define FS_TRANSPORT_H

#include <fuse_lowlevel.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "db/base/array.h"
#include "db/base/error.h"
#include "fs/backing.h"
#include "fs/follow.h"
#include "fs/reply_priority.h"
#include "fs/uring.h"

/*
 * Our threads are woken by this signal when it is time to stop: one that nobody sends, where there
 * is such a one, for a command's signals come by way of us.
 */
#ifdef SIGSTKFLT
#define TRANSPORT_WAKE SIGSTKFLT
#else
#define TRANSPORT_WAKE SIGURG
#endif

struct transport {
	struct fuse_session *session; /* borrowed */
	struct backing *backing;
	int fd;                  /* /dev/fuse; borrowed */
	int ended_fd;            /* an eventfd, readable when the kernel has ended the session */
	unsigned int max_threads;
	bool own_fs_attributes;  /* each thread has a umask of its own */

	bool uring_wanted;       /* io_uring, if the kernel offers it */
	bool uring_used;         /* it was agreed on */
	int uring_error;         /* why not, when it is we who cannot */
	struct uring *uring;     /* NULL before, and with the plain transport */
	uint32_t payload;        /* bytes of data a request or reply may carry */
	/* Will the request be answered without waiting for a disk? */
	bool (*is_quick)(void *userdata, const void *request, size_t size);
	void *userdata;

	uint64_t init_unique;    /* the request whose reply is to be completed; 0: none */
	uint64_t init_offered;   /* the flags of the INIT request */

	pthread_mutex_t lock;    /* guards what follows; nothing else is locked under it */
	pthread_cond_t gone;     /* a thread ended */
	pthread_cond_t answered; /* INIT was */
	bool initialized;
	unsigned int threads, idle;
	bool stopping;
	ARRAY(pthread_t) ids;    /* of running threads */
	struct follow follow;    /* where they should be */

	struct reply_priority priority;      /* of all threads that reply */
};

/* The session must not be mounted by libfuse, or only have been mounted and nothing more. */
int transport_init(struct transport *transport, struct fuse_session *session, int fd,
		   struct backing *backing, struct error *err);
int transport_start(struct transport *transport, struct error *err);
/* Returns when the kernel has been answered what we can do: 0, or -EIO after some seconds. */
int transport_wait(struct transport *transport);
/* Returns when no thread runs any more; requests in flight are answered first. */
void transport_stop(struct transport *transport);
void transport_release(struct transport *transport);

#endif
