/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The user and mount namespace of another process. A mount can be made in it while we stay outside,
 * where owners have their true numbers and not those that a namespace without them shows: a child
 * joins, opens and mounts there, and hands the descriptors back over a socket.
 */
#ifndef FS_NAMESPACE_H
#define FS_NAMESPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "db/base/error.h"

struct namespace {
	pid_t pid;           /* 0: none, all is done here */
	int pid_fd;          /* readable when the process has ended; or -1 */
	int user_fd, mnt_fd; /* -1: the one we are in */
};

#define NAMESPACE_NONE                                                                             \
	{                                                                                          \
		.pid_fd = -1, .user_fd = -1, .mnt_fd = -1                                          \
	}

/* It must be ours, or we must be root. namespace_release() also after an error. */
int namespace_open(struct namespace *ns, pid_t pid, struct error *err);
void namespace_release(struct namespace *ns);

enum { NAMESPACE_FDS = 2 };

/* Is every user of the machine one in our user namespace? */
bool namespace_has_everybody(void);
/*
 * The number that the kernel shows for owners who are not in our user namespace: nobody is known by
 * it then. UINT32_MAX where all are in it.
 */
uint32_t namespace_stranger(void);

/* What is done in it: 0 or a negative errno; descriptors to hand back go to fds, which hold -1. */
typedef int namespace_work(void *data, int fds[NAMESPACE_FDS], struct error *err);

/*
 * Do it, in a child that has joined; or here, where there is none. Data of that size come back as the
 * work has changed them; what it points to does not. fds: see above; NULL where it opens nothing.
 */
int namespace_call(const struct namespace *ns, namespace_work *work, void *data, size_t size,
		   int fds[NAMESPACE_FDS], struct error *err);

#endif
