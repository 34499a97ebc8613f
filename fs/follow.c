// SPDX-License-Identifier: BSD-2-Clause
#include "fs/follow.h"

#include "db/base/clock.h"
#include "fs/thread.h"

/* A look costs four microseconds, and is worth it this often. */
static const int64_t INTERVAL_NS = 200 * 1000;

/* Who leaves a place sooner than this went there for nothing. */
static const int64_t SHORT_NS = 10 * 1000 * 1000;

/* Looks in a row at one CPU: to leave another for it; to go there from nowhere, at first and at most. */
enum { NEEDED_OTHER = 2, NEEDED_FIRST = 3, NEEDED_MOST = 24 };

void follow_init(struct follow *follow)
{
	*follow = (struct follow){
		.cpu = FOLLOW_NOBODY, .last = FOLLOW_NOBODY, .needed = NEEDED_FIRST};
	if (sched_getaffinity(0, sizeof(follow->all), &follow->all) < 0 ||
	    CPU_COUNT(&follow->all) < 2)
		follow->next_ns = INT64_MAX;
}

bool follow_seen(struct follow *follow, int cpu, int64_t now)
{
	if (cpu < 0 || !CPU_ISSET((size_t)cpu, &follow->all))
		return false;
	if (cpu != follow->cpu && follow->needed == NEEDED_FIRST) /* be quick about it */
		__atomic_store_n(&follow->next_ns, now, __ATOMIC_RELAXED);
	follow->streak = cpu == follow->last ? follow->streak + 1 : 1;
	follow->last = cpu;
	if (cpu == follow->cpu)
		return false;
	if (follow->cpu != FOLLOW_NOBODY) {
		bool brief = now - follow->since_ns < SHORT_NS;

		if (follow->streak < NEEDED_OTHER)
			return false;
		follow->needed = !brief ? NEEDED_FIRST
				 : follow->needed < NEEDED_MOST ? follow->needed * 2
								: follow->needed;
		follow->cpu = brief ? FOLLOW_NOBODY : cpu;
	} else if (follow->streak >= follow->needed) {
		follow->cpu = cpu;
	} else {
		return false;
	}
	follow->since_ns = now;
	return true;
}

int follow_look(struct follow *follow, pid_t tid)
{
	int64_t next = __atomic_load_n(&follow->next_ns, __ATOMIC_RELAXED), now;
	struct thread_stat stat;

	if (next == INT64_MAX || tid <= 0)
		return FOLLOW_NOBODY;
	now = clock_steady_ns();
	if (now < next || !__atomic_compare_exchange_n(&follow->next_ns, &next, now + INTERVAL_NS,
						       false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		return FOLLOW_NOBODY;
	return thread_stat_read(tid, &stat) ? stat.cpu : FOLLOW_NOBODY;
}

void follow_cpus(const struct follow *follow, cpu_set_t *ret_cpus)
{
	*ret_cpus = follow->all;
	if (follow->cpu == FOLLOW_NOBODY)
		return;
	CPU_ZERO(ret_cpus);
	CPU_SET((size_t)follow->cpu, ret_cpus);
}
