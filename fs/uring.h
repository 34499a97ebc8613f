/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests through io_uring: one queue and one thread for each CPU, so that a call is answered on
 * the CPU it was made on, and answering one request and waiting for the next is one system call.
 *
 * A queue's thread must never wait for a disk, or all calls of its CPU wait with it. What may is
 * given to helper threads on the same CPU (fs/helpers.h), and the reply comes back by way of the
 * queue's thread, which alone may talk to its ring (fs/ring.h).
 *
 * Built without liburing (uring_none.c), uring_check() says so and nothing else is ever called.
 */
#ifndef FS_URING_H
#define FS_URING_H

#include <fuse_lowlevel.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "db/base/error.h"
#include "fs/reply_priority.h"

struct uring;

struct uring_config {
	struct fuse_session *session;
	int fuse_fd;
	uint32_t payload;         /* bytes of the largest request or reply without its headers */
	unsigned int max_helpers; /* of each queue */
	bool own_fs_attributes;   /* each thread has a umask of its own: of no bits */
	/* Will the request be answered without waiting for a disk? Called in a queue's thread. */
	bool (*is_quick)(void *userdata, const void *request, size_t size);
	void *userdata;
	struct reply_priority *priority;      /* of the threads that reply */
};

/*
 * Can this process make such rings, whether or not the kernel offers to use them? 0, or a negative
 * errno: -EPERM where it is forbidden, -EOPNOTSUPP when we were built without liburing.
 */
int uring_check(void);

/*
 * Make all that it takes, before the kernel is told that it will be there: once it has been told, it
 * holds back all requests until it is. 0 or a negative errno; then nothing is left. What is borrowed in
 * config outlives the rings.
 */
int uring_open(const struct uring_config *config, struct uring **ret_uring);

/* After the INIT reply: the queues are registered, and from then on requests come through them. */
void uring_go(struct uring *uring);

/* A reply on its way out: true when it belonged to a request of a ring, and was taken. */
bool uring_reply(const struct iovec *iov, int count);

/* The threads end; what is in work is finished first. Both accept NULL. */
void uring_stop(struct uring *uring);
void uring_free(struct uring *uring);

#endif
