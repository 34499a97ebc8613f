/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who answers makes way for who was answered.
 *
 * A reply wakes the program that waits for it, and the scheduler looks for a CPU for it while the one it came
 * from is still taken by us, who are about to sleep. It finds another one, asleep, and to wake that costs
 * more than all the rest of the call. A thread of the policy SCHED_IDLE is no reason to go elsewhere: so
 * before its reply each of our threads takes that policy, and the program goes on where it was.
 *
 * Left at that, a busy program on the same CPU would keep us from the next request. So another thread looks
 * every TICK, as long as there is something to look at, and gives each that has not replied for so long its
 * usual policy back. Where one was kept from work by then, nobody makes way for a while, and for longer the more
 * often it happens.
 *
 * Where the usual policy could not be had back (no CAP_SYS_NICE) or is none of the plain ones, nothing is done.
 */
#ifndef FS_REPLY_PRIORITY_H
#define FS_REPLY_PRIORITY_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct reply_thread;

/* The requests that some threads share, or that are one thread's alone. In microseconds. */
struct reply_queue {
	int64_t served_at;        /* atomic: the last reply */
	int64_t hold_until;       /* atomic: nobody makes way before */
	int64_t hold;             /* the guard's: for how long that was */
};

struct reply_priority {
	pthread_mutex_t lock;     /* guards the list; a leaf */
	struct reply_thread *threads;
	pthread_t guard;          /* the one that looks */
	bool possible;            /* there is a guard */
	bool stopping;            /* atomic */
	struct reply_queue shared;
	uint32_t asleep;          /* atomic; a futex: the guard has nothing to look at */
};

/* To be stopped in any case. */
void reply_priority_start(struct reply_priority *priority);
/* No thread may be joined any more. */
void reply_priority_stop(struct reply_priority *priority);

/* The calling thread was made by one that may have made way, which is inherited: no more. */
void reply_priority_usual(const struct reply_priority *priority);

/*
 * The calling thread replies to requests from now on, and no more. Alone: those it is to answer cannot be
 * answered by others who have joined.
 */
void reply_priority_join(struct reply_priority *priority, bool alone);
void reply_priority_leave(struct reply_priority *priority);

/* The calling thread, one that has joined or not, is about to reply to this one; 0: not known. */
void reply_priority_lower(pid_t tid);

#endif
