/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where those sit who ask. A call through /dev/fuse is two changes between processes. On one CPU each
 * costs about a microsecond; between two, one of which has gone to sleep over it, it may cost fifty,
 * and the scheduler leaves both sides where they are. So while all who ask sit on one CPU, those who
 * answer are bound to it. They go along with one who has been there for a while, and are free again
 * when there are several who take turns.
 *
 * io_uring needs none of this: it has a queue for each CPU.
 */
#ifndef FS_FOLLOW_H
#define FS_FOLLOW_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { FOLLOW_NOBODY = -1 };

struct follow {
	int64_t next_ns;     /* atomic: when to look again; INT64_MAX: never */
	/* the rest is for one thread at a time */
	cpu_set_t all;       /* the CPUs we may use */
	int cpu;             /* where to be, or FOLLOW_NOBODY: anywhere */
	int last;            /* where the last one who asked was */
	unsigned int streak; /* how many of them in a row were there */
	unsigned int needed; /* so many make us go there */
	int64_t since_ns;    /* of the last change of cpu */
};

/* Where there is but one CPU to choose, nothing is ever looked at. */
void follow_init(struct follow *follow);

/*
 * The CPU of the thread that has just been answered, or FOLLOW_NOBODY when it is not known or when it
 * is too early to look again. For any thread, any time.
 */
int follow_look(struct follow *follow, pid_t tid);

/* Somebody asked from this CPU at this time: true when follow->cpu has changed. */
bool follow_seen(struct follow *follow, int cpu, int64_t now_ns);

/* Where to be. */
void follow_cpus(const struct follow *follow, cpu_set_t *ret_cpus);

#endif
