/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a control group uses, as the kernel counts it: four small files, of version 1 or 2. What cannot be
 * read is -1, nothing else fails: the group may go while one looks.
 */
#ifndef STAGE_WATCH_USAGE_H
#define STAGE_WATCH_USAGE_H

#include <stdint.h>

#include "stage/container/cgroup.h"

/* Where the hierarchies are mounted. */
#define USAGE_TOP "/sys/fs/cgroup"

struct usage {
	int64_t memory;    /* bytes, now */
	int64_t cpu_us;    /* since its start */
	int64_t processes; /* and threads */
	int64_t oom_kills; /* processes that were killed for want of memory */
};

void usage_read(const char *top, const struct cgroup *cgroup, struct usage *ret_usage);
/* memory and oom_kills, half of the files; the others are -1. */
void usage_read_memory(const char *top, const struct cgroup *cgroup, struct usage *ret_usage);
/* The last of them alone. */
int64_t usage_oom_kills(const char *top, const struct cgroup *cgroup);

#endif
