// SPDX-License-Identifier: BSD-2-Clause
#include "fs/follow.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "db/base/cleanup.h"

/* A look costs four microseconds, and is worth it this often. */
static const int64_t INTERVAL_NS = 200 * 1000;

/* Who leaves a place sooner than this went there for nothing. */
static const int64_t SHORT_NS = 10 * 1000 * 1000;

enum { NEEDED_FIRST = 3, NEEDED_MOST = 96, FIELD_CPU = 39 };

int64_t follow_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void follow_init(struct follow *follow)
{
	*follow = (struct follow){
		.cpu = FOLLOW_NOBODY, .last = FOLLOW_NOBODY, .needed = NEEDED_FIRST};
	if (sched_getaffinity(0, sizeof(follow->all), &follow->all) < 0 ||
	    CPU_COUNT(&follow->all) < 2)
		follow->next_ns = INT64_MAX;
}

/* The CPU a thread runs on, or ran on last; or FOLLOW_NOBODY. */
static int cpu_of(pid_t tid)
{
	_cleanup_(closep) int fd = -1;
	char path[40], line[1024], *field;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, line, sizeof(line) - 1);
	if (n <= 0)
		return FOLLOW_NOBODY;
	line[n] = '\0';
	field = strrchr(line, ')'); /* the name, in parentheses, is the second field */
	for (int i = 2; field && i < FIELD_CPU; i++)
		field = strchr(field + 1, ' ');
	return field ? atoi(field + 1) : FOLLOW_NOBODY;
}

bool follow_seen(struct follow *follow, int cpu, int64_t now)
{
	if (cpu < 0 || !CPU_ISSET((size_t)cpu, &follow->all))
		return false;
	follow->streak = cpu == follow->last ? follow->streak + 1 : 1;
	follow->last = cpu;
	if (cpu == follow->cpu)
		return false;
	if (follow->cpu != FOLLOW_NOBODY) {
		bool brief = now - follow->since_ns < SHORT_NS;

		follow->needed = !brief ? NEEDED_FIRST
				 : follow->needed < NEEDED_MOST ? follow->needed * 2
								: follow->needed;
		follow->cpu = FOLLOW_NOBODY;
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

	if (next == INT64_MAX || tid <= 0)
		return FOLLOW_NOBODY;
	now = follow_now();
	if (now < next || !__atomic_compare_exchange_n(&follow->next_ns, &next, now + INTERVAL_NS,
						       false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		return FOLLOW_NOBODY;
	return cpu_of(tid);
}

void follow_cpus(const struct follow *follow, cpu_set_t *ret_cpus)
{
	*ret_cpus = follow->all;
	if (follow->cpu == FOLLOW_NOBODY)
		return;
	CPU_ZERO(ret_cpus);
	CPU_SET((size_t)follow->cpu, ret_cpus);
}
