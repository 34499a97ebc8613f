/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An event: one FUSE operation as it happens. A plain value on the stack of the thread that answers
 * it; it is folded into an access (fs/aggregator.h) and never stored, unless the operator asked for
 * the raw stream.
 */
#ifndef FS_EVENT_H
#define FS_EVENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "db/access.h"
#include "db/entry.h"
#include "fs/process.h"

struct event {
	enum access_op op;
	int error;          /* errno as a positive number, 0 success */
	unsigned int flags; /* enum access_flags */
	pid_t tid;          /* the calling thread as this process sees it, 0 when it cannot */
	const struct program *program;
	const char *path;   /* inside the root; borrowed */
	size_t path_length; /* without the final 0 */
	const struct found *found; /* what is there, when this is the first sight of it; or NULL */
};

#endif
