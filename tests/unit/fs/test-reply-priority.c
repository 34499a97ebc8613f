// SPDX-License-Identifier: BSD-2-Clause
/* Who replies makes way for who asked, and is as usual again. */
#include "fs/reply_priority.h"

#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/test.h"

/* Until the thread has this policy; the limit is for one that never gets it. */
static bool comes_to(pid_t tid, int policy)
{
	for (int ms = 0; ms < 60 * 1000 && sched_getscheduler(tid) != policy; ms++)
		nanosleep(&(struct timespec){.tv_nsec = 1000 * 1000}, NULL);
	return sched_getscheduler(tid) == policy;
}

/* On a busy machine it may have the usual policy back already, or not make way for a while. */
static void who_replied_makes_way_and_is_as_usual_again(void)
{
	struct reply_priority priority;
	int made_way = 0;

	reply_priority_start(&priority);
	reply_priority_join(&priority, true);
	for (time_t end = time(NULL) + 60; made_way < 5 && time(NULL) < end;) {
		reply_priority_lower(getpid());
		made_way += sched_getscheduler(0) == SCHED_IDLE;
		CHECK(comes_to(0, SCHED_OTHER));
	}
	CHECK_INT(made_way, 5);
	reply_priority_leave(&priority);
	reply_priority_stop(&priority);
}

static void who_leaves_is_as_usual(void)
{
	struct reply_priority priority;

	reply_priority_start(&priority);
	reply_priority_join(&priority, false);
	reply_priority_lower(0);
	reply_priority_leave(&priority);
	CHECK_INT(sched_getscheduler(0), SCHED_OTHER);
	reply_priority_lower(0);
	CHECK_INT(sched_getscheduler(0), SCHED_OTHER);
	reply_priority_stop(&priority);
}

static void *look_at_oneself(void *argument)
{
	reply_priority_usual(argument);
	return (void *)(intptr_t)sched_getscheduler(0);
}

static void a_thread_made_meanwhile_is_as_usual(void)
{
	struct reply_priority priority;
	pthread_t thread;
	void *policy = NULL;

	reply_priority_start(&priority);
	reply_priority_join(&priority, true);
	reply_priority_lower(0);
	REQUIRE(pthread_create(&thread, NULL, look_at_oneself, &priority) == 0);
	pthread_join(thread, &policy);
	CHECK_INT((intptr_t)policy, SCHED_OTHER);
	reply_priority_leave(&priority);
	reply_priority_stop(&priority);
}

/* A busy one, on the first CPU we may use, and from now on we are there too. */
static pid_t busy_beside_us(cpu_set_t *all)
{
	cpu_set_t one;
	pid_t pid;

	REQUIRE(sched_getaffinity(0, sizeof(*all), all) == 0);
	CPU_ZERO(&one);
	for (size_t cpu = 0; CPU_COUNT(&one) == 0; cpu++)
		if (CPU_ISSET(cpu, all))
			CPU_SET(cpu, &one);
	REQUIRE(sched_setaffinity(0, sizeof(one), &one) == 0);
	pid = fork();
	REQUIRE(pid >= 0);
	if (pid == 0)
		for (alarm(120);;) /* whatever becomes of us */
			;
	return pid;
}

/* With the policy it has then, it would get some thousandth of the CPU. */
static void a_busy_program_does_not_keep_us_low(void)
{
	struct reply_priority priority;
	cpu_set_t all;
	pid_t busy;

	reply_priority_start(&priority);
	reply_priority_join(&priority, true);
	busy = busy_beside_us(&all);
	for (int i = 0; i < 20; i++) {
		reply_priority_lower(busy);
		CHECK(comes_to(0, SCHED_OTHER));
	}
	kill(busy, SIGKILL);
	waitpid(busy, NULL, 0);
	sched_setaffinity(0, sizeof(all), &all);
	reply_priority_leave(&priority);
	reply_priority_stop(&priority);
}

/* Until the usual policy is back, without a break: not asleep, so it would run if it could. */
static void wait_awake(void)
{
	while (sched_getscheduler(0) != SCHED_OTHER)
		;
}

static void where_one_was_kept_from_work_nobody_makes_way_for_a_while(void)
{
	struct reply_priority priority;
	cpu_set_t all;
	pid_t busy;

	reply_priority_start(&priority);
	reply_priority_join(&priority, false);
	busy = busy_beside_us(&all);
	reply_priority_lower(INT32_MAX); /* nobody, who does not run */
	wait_awake();
	CHECK(priority.shared.hold_until > 0);
	priority.shared.hold_until = INT64_MAX;
	reply_priority_lower(0);
	CHECK_INT(sched_getscheduler(0), SCHED_OTHER);
	kill(busy, SIGKILL);
	waitpid(busy, NULL, 0);
	sched_setaffinity(0, sizeof(all), &all);
	reply_priority_leave(&priority);
	reply_priority_stop(&priority);
}

static void without_a_way_back_nothing_is_done(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct reply_priority priority;

		if (setresuid(65534, 65534, 65534) < 0)
			_exit(2);
		reply_priority_start(&priority);
		reply_priority_join(&priority, true);
		reply_priority_lower(0);
		if (priority.possible || sched_getscheduler(0) != SCHED_OTHER)
			_exit(1);
		reply_priority_leave(&priority);
		reply_priority_stop(&priority);
		_exit(0);
	}
	REQUIRE(waitpid(pid, &status, 0) == pid);
	CHECK_INT(status, 0);
}

static bool is_possible(void)
{
	struct reply_priority priority;
	bool possible;

	reply_priority_start(&priority);
	possible = priority.possible;
	reply_priority_stop(&priority);
	return possible;
}

int main(void)
{
	if (!is_possible())
		test_skip("the usual policy cannot be had back: not root, or of another policy");
	RUN(who_replied_makes_way_and_is_as_usual_again);
	RUN(who_leaves_is_as_usual);
	RUN(a_thread_made_meanwhile_is_as_usual);
	RUN(a_busy_program_does_not_keep_us_low);
	RUN(where_one_was_kept_from_work_nobody_makes_way_for_a_while);
	RUN(without_a_way_back_nothing_is_done);
	return test_end();
}
