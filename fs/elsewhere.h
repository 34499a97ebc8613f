/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The user and mount namespace of another process. A mount can be made in it while we stay outside,
 * where owners have their true numbers and not those that a namespace without them shows: a child
 * joins, opens and mounts there, and hands the descriptors back over a socket.
 */
#ifndef FS_ELSEWHERE_H
#define FS_ELSEWHERE_H

#include <stddef.h>
#include <sys/types.h>

#include "db/base/error.h"

struct elsewhere {
	pid_t pid;           /* 0: none, all is done here */
	int pid_fd;          /* readable when the process has ended; or -1 */
	int user_fd, mnt_fd; /* -1: the one we are in */
};

#define ELSEWHERE_NONE                                                                             \
	{                                                                                          \
		.pid_fd = -1, .user_fd = -1, .mnt_fd = -1                                          \
	}

/* It must be ours, or we must be root. elsewhere_release() also after an error. */
int elsewhere_open(struct elsewhere *ns, pid_t pid, struct error *err);
void elsewhere_release(struct elsewhere *ns);

enum { ELSEWHERE_FDS = 2 };

/* What is done in it: 0 or a negative errno; descriptors to hand back go to fds, which hold -1. */
typedef int elsewhere_work(void *data, int fds[ELSEWHERE_FDS], struct error *err);

/*
 * Do it, in a child that has joined; or here, where there is none. Data of that size come back as the
 * task has changed them; what it points to does not. fds: see above; NULL where it opens nothing.
 */
int elsewhere_call(const struct elsewhere *ns, elsewhere_work *task, void *data, size_t size,
		   int fds[ELSEWHERE_FDS], struct error *err);

#endif
