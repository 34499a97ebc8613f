// SPDX-License-Identifier: BSD-2-Clause
#include "fs/reply_priority.h"

#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "db/base/clock.h"
#include "fs/thread.h"

/*
 * In microseconds. To look is itself an interruption: each time somebody loses the CPU that suited him. Looked
 * at every two milliseconds, find through /dev/fuse took half as long again as with eight.
 */
static const int64_t TICK = 8000, PATIENCE = 4000;

/* How long those who were kept from work do not make way: at first, and at most. */
static const int64_t HOLD_FIRST = 80 * 1000, HOLD_MOST = 1280 * 1000;

/* Ticks without anything to look at before the guard sleeps. */
enum { QUIET_TICKS = 12 };

enum state { USUAL, LOWERING, LOWERED, RAISED };

struct reply_thread {
	struct reply_priority *priority;
	struct reply_thread *next;
	pid_t tid;
	enum state state;       /* atomic: the thread's own, but LOWERED to RAISED is the guard's */
	pid_t asker;            /* atomic: the last one that is known */
	int64_t replied_at;     /* atomic */
	struct reply_queue *queue, own;
};

static _Thread_local struct reply_thread self;

static int64_t now_us(void)
{
	return clock_steady_ns() / 1000;
}

static int policy_set(pid_t tid, int policy)
{
	return sched_setscheduler(tid, policy, &(struct sched_param){0});
}

/* The guard. */

static bool runs(pid_t tid)
{
	struct thread_stat stat;

	return thread_stat_read(tid, &stat) && stat.state == 'R';
}

/* It would run but does not, and not because of the one it answered. */
static bool is_kept_from_work(const struct reply_thread *thread, int64_t now)
{
	return now - __atomic_load_n(&thread->queue->served_at, __ATOMIC_RELAXED) >= PATIENCE &&
	       !runs(__atomic_load_n(&thread->asker, __ATOMIC_RELAXED)) && runs(thread->tid);
}

static void hold(struct reply_queue *queue, int64_t now)
{
	queue->hold *= 2;
	if (queue->hold < HOLD_FIRST)
		queue->hold = HOLD_FIRST;
	if (queue->hold > HOLD_MOST)
		queue->hold = HOLD_MOST;
	__atomic_store_n(&queue->hold_until, now + queue->hold, __ATOMIC_RELAXED);
}

static void thread_look(struct reply_thread *thread, int64_t now)
{
	enum state lowered = LOWERED;

	/* that takes a microsecond, if nobody gets in the way: not even its reply is sent yet */
	if (__atomic_load_n(&thread->state, __ATOMIC_SEQ_CST) == LOWERING) {
		hold(thread->queue, now);
		policy_set(thread->tid, SCHED_OTHER);
		return;
	}
	if (now - __atomic_load_n(&thread->replied_at, __ATOMIC_RELAXED) < PATIENCE)
		return;
	if (is_kept_from_work(thread, now))
		hold(thread->queue, now);
	else
		thread->queue->hold /= 2;
	if (__atomic_compare_exchange_n(&thread->state, &lowered, RAISED, false, __ATOMIC_SEQ_CST,
					__ATOMIC_SEQ_CST))
		policy_set(thread->tid, SCHED_OTHER);
}

static bool is_low(const struct reply_thread *thread)
{
	enum state state = __atomic_load_n(&thread->state, __ATOMIC_SEQ_CST);

	return state == LOWERING || state == LOWERED;
}

/* True when some thread is not as usual. */
static bool all_look(struct reply_priority *priority)
{
	int64_t now = now_us();
	bool some = false;

	pthread_mutex_lock(&priority->lock);
	for (struct reply_thread *thread = priority->threads; thread; thread = thread->next) {
		if (!is_low(thread))
			continue;
		some = true;
		thread_look(thread, now);
	}
	pthread_mutex_unlock(&priority->lock);
	return some;
}

static void guard_sleep(struct reply_priority *priority)
{
	__atomic_store_n(&priority->asleep, 1, __ATOMIC_SEQ_CST);
	if (all_look(priority) || __atomic_load_n(&priority->stopping, __ATOMIC_SEQ_CST))
		__atomic_store_n(&priority->asleep, 0, __ATOMIC_SEQ_CST);
	else
		syscall(SYS_futex, &priority->asleep, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0);
}

static void guard_wake(struct reply_priority *priority)
{
	if (__atomic_load_n(&priority->asleep, __ATOMIC_SEQ_CST) &&
	    __atomic_exchange_n(&priority->asleep, 0, __ATOMIC_SEQ_CST))
		syscall(SYS_futex, &priority->asleep, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void *guard_run(void *argument)
{
	static const struct timespec tick = {.tv_nsec = TICK * 1000};
	struct reply_priority *priority = argument;
	unsigned int quiet = 0;

	while (!__atomic_load_n(&priority->stopping, __ATOMIC_SEQ_CST)) {
		nanosleep(&tick, NULL);
		quiet = all_look(priority) ? 0 : quiet + 1;
		if (quiet < QUIET_TICKS)
			continue;
		guard_sleep(priority);
		quiet = 0;
	}
	return NULL;
}

/* There and back, in a thread of its own: it may not come back. */
static void *there_and_back(void *argument)
{
	bool *possible = argument;

	*possible = sched_getscheduler(0) == SCHED_OTHER && policy_set(0, SCHED_IDLE) == 0 &&
		    policy_set(0, SCHED_OTHER) == 0;
	return NULL;
}

void reply_priority_start(struct reply_priority *priority)
{
	pthread_t trial;

	*priority = (struct reply_priority){0};
	pthread_mutex_init(&priority->lock, NULL);
	if (pthread_create(&trial, NULL, there_and_back, &priority->possible) == 0)
		pthread_join(trial, NULL);
	priority->possible = priority->possible &&
			  pthread_create(&priority->guard, NULL, guard_run, priority) == 0;
}

void reply_priority_stop(struct reply_priority *priority)
{
	__atomic_store_n(&priority->stopping, true, __ATOMIC_SEQ_CST);
	if (priority->possible) {
		guard_wake(priority);
		pthread_join(priority->guard, NULL);
	}
	priority->possible = false;
	pthread_mutex_destroy(&priority->lock);
}

/* Those who reply. */

void reply_priority_usual(const struct reply_priority *priority)
{
	if (priority->possible)
		policy_set(0, SCHED_OTHER);
}

void reply_priority_join(struct reply_priority *priority, bool alone)
{
	if (!priority->possible)
		return;
	reply_priority_usual(priority);
	self = (struct reply_thread){.priority = priority,
				.tid = gettid(),
				.queue = alone ? &self.own : &priority->shared};
	pthread_mutex_lock(&priority->lock);
	self.next = priority->threads;
	priority->threads = &self;
	pthread_mutex_unlock(&priority->lock);
}

void reply_priority_leave(struct reply_priority *priority)
{
	struct reply_thread **at = &priority->threads;

	if (!self.priority)
		return;
	reply_priority_usual(priority); /* before the lock, which the guard may want */
	pthread_mutex_lock(&priority->lock);
	while (*at != &self)
		at = &(*at)->next;
	*at = self.next;
	pthread_mutex_unlock(&priority->lock);
	self.priority = NULL;
}

void reply_priority_lower(pid_t tid)
{
	int64_t now;

	if (!self.priority)
		return;
	now = now_us();
	if (tid > 0)
		__atomic_store_n(&self.asker, tid, __ATOMIC_RELAXED);
	__atomic_store_n(&self.replied_at, now, __ATOMIC_RELAXED);
	__atomic_store_n(&self.queue->served_at, now, __ATOMIC_RELAXED);
	if (is_low(&self) || now < __atomic_load_n(&self.queue->hold_until, __ATOMIC_RELAXED))
		return;
	__atomic_store_n(&self.state, LOWERING, __ATOMIC_SEQ_CST);
	policy_set(0, SCHED_IDLE);
	__atomic_store_n(&self.state, LOWERED, __ATOMIC_SEQ_CST);
	guard_wake(self.priority);
}
