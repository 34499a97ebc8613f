// SPDX-License-Identifier: BSD-2-Clause
#include "fs/yield.h"

#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

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

struct yielder {
	struct yield *yield;
	struct yielder *next;
	pid_t tid;
	enum state state;       /* atomic: the thread's own, but LOWERED to RAISED is the guard's */
	pid_t asker;            /* atomic: the last one that is known */
	int64_t replied_at;     /* atomic */
	struct yield_queue *queue, own;
};

static _Thread_local struct yielder self;

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
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
static bool is_kept_from_work(const struct yielder *thread, int64_t now)
{
	return now - __atomic_load_n(&thread->queue->served_at, __ATOMIC_RELAXED) >= PATIENCE &&
	       !runs(__atomic_load_n(&thread->asker, __ATOMIC_RELAXED)) && runs(thread->tid);
}

static void hold(struct yield_queue *queue, int64_t now)
{
	queue->hold *= 2;
	if (queue->hold < HOLD_FIRST)
		queue->hold = HOLD_FIRST;
	if (queue->hold > HOLD_MOST)
		queue->hold = HOLD_MOST;
	__atomic_store_n(&queue->hold_until, now + queue->hold, __ATOMIC_RELAXED);
}

static void thread_look(struct yielder *thread, int64_t now)
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

static bool is_low(const struct yielder *thread)
{
	enum state state = __atomic_load_n(&thread->state, __ATOMIC_SEQ_CST);

	return state == LOWERING || state == LOWERED;
}

/* True when some thread is not as usual. */
static bool all_look(struct yield *yield)
{
	int64_t now = now_us();
	bool some = false;

	pthread_mutex_lock(&yield->lock);
	for (struct yielder *thread = yield->threads; thread; thread = thread->next) {
		if (!is_low(thread))
			continue;
		some = true;
		thread_look(thread, now);
	}
	pthread_mutex_unlock(&yield->lock);
	return some;
}

static void guard_sleep(struct yield *yield)
{
	__atomic_store_n(&yield->asleep, 1, __ATOMIC_SEQ_CST);
	if (all_look(yield) || __atomic_load_n(&yield->stopping, __ATOMIC_SEQ_CST))
		__atomic_store_n(&yield->asleep, 0, __ATOMIC_SEQ_CST);
	else
		syscall(SYS_futex, &yield->asleep, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0);
}

static void guard_wake(struct yield *yield)
{
	if (__atomic_load_n(&yield->asleep, __ATOMIC_SEQ_CST) &&
	    __atomic_exchange_n(&yield->asleep, 0, __ATOMIC_SEQ_CST))
		syscall(SYS_futex, &yield->asleep, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void *guard_run(void *argument)
{
	static const struct timespec tick = {.tv_nsec = TICK * 1000};
	struct yield *yield = argument;
	unsigned int quiet = 0;

	while (!__atomic_load_n(&yield->stopping, __ATOMIC_SEQ_CST)) {
		nanosleep(&tick, NULL);
		quiet = all_look(yield) ? 0 : quiet + 1;
		if (quiet < QUIET_TICKS)
			continue;
		guard_sleep(yield);
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

void yield_start(struct yield *yield)
{
	pthread_t trial;

	*yield = (struct yield){0};
	pthread_mutex_init(&yield->lock, NULL);
	if (pthread_create(&trial, NULL, there_and_back, &yield->possible) == 0)
		pthread_join(trial, NULL);
	yield->possible = yield->possible &&
			  pthread_create(&yield->guard, NULL, guard_run, yield) == 0;
}

void yield_stop(struct yield *yield)
{
	__atomic_store_n(&yield->stopping, true, __ATOMIC_SEQ_CST);
	if (yield->possible) {
		guard_wake(yield);
		pthread_join(yield->guard, NULL);
	}
	yield->possible = false;
	pthread_mutex_destroy(&yield->lock);
}

/* Those who reply. */

void yield_usual(const struct yield *yield)
{
	if (yield->possible)
		policy_set(0, SCHED_OTHER);
}

void yield_join(struct yield *yield, bool alone)
{
	if (!yield->possible)
		return;
	yield_usual(yield);
	self = (struct yielder){.yield = yield,
				.tid = gettid(),
				.queue = alone ? &self.own : &yield->shared};
	pthread_mutex_lock(&yield->lock);
	self.next = yield->threads;
	yield->threads = &self;
	pthread_mutex_unlock(&yield->lock);
}

void yield_leave(struct yield *yield)
{
	struct yielder **at = &yield->threads;

	if (!self.yield)
		return;
	yield_usual(yield); /* before the lock, which the guard may want */
	pthread_mutex_lock(&yield->lock);
	while (*at != &self)
		at = &(*at)->next;
	*at = self.next;
	pthread_mutex_unlock(&yield->lock);
	self.yield = NULL;
}

void yield_before_reply(pid_t tid)
{
	int64_t now;

	if (!self.yield)
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
	guard_wake(self.yield);
}
