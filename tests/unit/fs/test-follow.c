// SPDX-License-Identifier: BSD-2-Clause
/* Which processor a thread goes to: where one stays, not where some take turns. */
#include "fs/follow.h"

#include <unistd.h>

#include "db/base/clock.h"
#include "tests/test.h"

enum { MS = 1000 * 1000 };

/* As on a machine with four CPUs, whatever this one has. */
static struct follow four(void)
{
	struct follow follow;

	follow_init(&follow);
	CPU_ZERO(&follow.all);
	for (size_t cpu = 0; cpu < 4; cpu++)
		CPU_SET(cpu, &follow.all);
	return follow;
}

/* Ask from one CPU until we go there: how often it took, or 0 if we never did. */
static unsigned int asked_until_there(struct follow *follow, int cpu, int64_t now)
{
	for (unsigned int n = 1; n <= 1000; n++)
		if (follow_seen(follow, cpu, now) && follow->cpu == cpu)
			return n;
	return 0;
}

static void one_who_stays_is_followed(void)
{
	struct follow follow = four();
	cpu_set_t cpus;

	CHECK(follow.cpu == FOLLOW_NOBODY);
	follow_cpus(&follow, &cpus);
	CHECK(CPU_COUNT(&cpus) == 4);
	CHECK(asked_until_there(&follow, 2, 0) > 1);
	follow_cpus(&follow, &cpus);
	CHECK(CPU_COUNT(&cpus) == 1 && CPU_ISSET(2, &cpus));
	CHECK(!follow_seen(&follow, 2, MS));
}

/* Two looks, as one may have been for another. */
static bool gone(struct follow *follow, int cpu, int64_t now)
{
	return !follow_seen(follow, cpu, now) && follow_seen(follow, cpu, now);
}

static void who_goes_elsewhere_is_gone_along_with(void)
{
	struct follow follow = four();

	CHECK(asked_until_there(&follow, 2, 0) > 0);
	CHECK(gone(&follow, 1, 100 * MS));
	CHECK(follow.cpu == 1);
}

static void but_not_after_a_moment(void)
{
	struct follow follow = four();
	cpu_set_t cpus;

	CHECK(asked_until_there(&follow, 2, 0) > 0);
	CHECK(gone(&follow, 1, MS));
	CHECK(follow.cpu == FOLLOW_NOBODY);
	follow_cpus(&follow, &cpus);
	CHECK(CPU_COUNT(&cpus) == 4);
	CHECK(asked_until_there(&follow, 1, MS) > 0);
}

static void a_single_other_one_changes_nothing(void)
{
	struct follow follow = four();

	CHECK(asked_until_there(&follow, 2, 0) > 0);
	for (int i = 0; i < 1000; i++)
		CHECK(!follow_seen(&follow, i % 2 ? 2 : 1, i * MS));
	CHECK(follow.cpu == 2);
}

static void those_who_take_turns_are_not(void)
{
	struct follow follow = four();

	for (int i = 0; i < 1000; i++)
		CHECK(!follow_seen(&follow, i % 2, i * MS));
}

static void a_place_left_soon_is_not_taken_so_soon_again(void)
{
	struct follow follow = four();
	unsigned int first = asked_until_there(&follow, 0, 0), then;

	CHECK(gone(&follow, 1, MS));
	then = asked_until_there(&follow, 0, MS);
	CHECK(then > first);
	/* but it was good for long */
	CHECK(gone(&follow, 1, 1000 * MS));
	CHECK(gone(&follow, 2, 1000 * MS));
	CHECK(asked_until_there(&follow, 0, 1000 * MS) > first);
}

static void who_cannot_be_placed_changes_nothing(void)
{
	struct follow follow = four();

	CHECK(asked_until_there(&follow, 2, 0) > 0);
	CHECK(!follow_seen(&follow, FOLLOW_NOBODY, MS));
	CHECK(!follow_seen(&follow, 7, MS)); /* not one of ours */
	CHECK(follow.cpu == 2);
}

static void a_thread_is_looked_up_but_not_all_the_time(void)
{
	struct follow follow;
	int cpu;

	follow_init(&follow);
	follow.next_ns = 0;
	cpu = follow_look(&follow, getpid());
	CHECK(cpu >= 0 && cpu < CPU_SETSIZE);
	follow.next_ns = clock_steady_ns() + (int64_t)1000 * MS;
	CHECK(follow_look(&follow, getpid()) == FOLLOW_NOBODY);
	follow.next_ns = 0;
	CHECK(follow_look(&follow, 0) == FOLLOW_NOBODY); /* of another pid namespace */
	CHECK(follow_look(&follow, INT32_MAX) == FOLLOW_NOBODY);
}

int main(void)
{
	RUN(one_who_stays_is_followed);
	RUN(who_goes_elsewhere_is_gone_along_with);
	RUN(but_not_after_a_moment);
	RUN(a_single_other_one_changes_nothing);
	RUN(those_who_take_turns_are_not);
	RUN(a_place_left_soon_is_not_taken_so_soon_again);
	RUN(who_cannot_be_placed_changes_nothing);
	RUN(a_thread_is_looked_up_but_not_all_the_time);
	return test_end();
}
