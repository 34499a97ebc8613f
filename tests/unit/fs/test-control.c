// SPDX-License-Identifier: BSD-2-Clause
/* Who has a device number after another is asked by it, whatever the one before still does at its end. */
#include "fs/control.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/test.h"

enum { MAJOR = 4094, MINOR = 77 }; /* of no mount */

static bool answers(const struct control *control)
{
	char mount[40];
	struct error err = ERROR_INIT;
	struct text question = TEXT_INIT;
	int asked, taken = -1, r = -ENOENT;

	snprintf(mount, sizeof(mount), "%u:%u", MAJOR, MINOR);
	asked = control_begin(mount, "status", &err);
	if (asked >= 0)
		r = control_accept((struct control *)control, &question, &taken);
	text_release(&question);
	if (taken >= 0)
		close(taken);
	if (asked >= 0)
		close(asked);
	return r == 0;
}

static void the_end_of_one_is_not_that_of_the_next(void)
{
	struct control before, next;
	struct error err = ERROR_INIT;

	REQUIRE(control_open(&before, makedev(MAJOR, MINOR), &err) == 0);
	CHECK(answers(&before));
	REQUIRE(control_open(&next, makedev(MAJOR, MINOR), &err) == 0);
	CHECK(answers(&next));
	control_release(&before);
	CHECK(answers(&next));
	control_sweep(makedev(MAJOR, MINOR));
	CHECK(answers(&next));
	control_release(&next);
	CHECK(access(next.path, F_OK) < 0);
}

static void what_a_killed_one_left_is_swept(void)
{
	struct control killed;
	struct error err = ERROR_INIT;

	REQUIRE(control_open(&killed, makedev(MAJOR, MINOR), &err) == 0);
	close(killed.fd);
	CHECK(access(killed.path, F_OK) == 0);
	control_sweep(makedev(MAJOR, MINOR));
	CHECK(access(killed.path, F_OK) < 0);
}

/* Killed before it had its name: whatever its pid was, nothing of it stays. */
static void what_one_left_half_made_the_next_takes_away(void)
{
	struct sockaddr_un half = {.sun_family = AF_UNIX};
	struct control next;
	struct error err = ERROR_INIT;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	REQUIRE(control_open(&next, makedev(MAJOR, MINOR), &err) == 0);
	REQUIRE(snprintf(half.sun_path, sizeof(half.sun_path), "%s.new", next.path) < (int)sizeof(half.sun_path));
	control_release(&next);
	REQUIRE(fd >= 0 && bind(fd, (struct sockaddr *)&half, sizeof(half)) == 0);
	close(fd);
	REQUIRE(control_open(&next, makedev(MAJOR, MINOR), &err) == 0);
	CHECK(answers(&next));
	CHECK(access(half.sun_path, F_OK) < 0);
	control_release(&next);
}

static void what_many_killed_ones_left_the_next_one_sweeps(void)
{
	struct control killed, next;
	struct error err = ERROR_INIT;

	REQUIRE(control_open(&killed, makedev(MAJOR, MINOR + 1), &err) == 0);
	close(killed.fd);
	REQUIRE(control_open(&next, makedev(MAJOR, MINOR), &err) == 0);
	CHECK(access(killed.path, F_OK) < 0);
	CHECK(answers(&next));
	control_release(&next);
}

/* Its number was that of one that was killed, which somebody is just looking at. */
static void who_sweeps_takes_away_no_living_one(void)
{
	enum { TIMES = 2000, SWEEPERS = 3 };
	struct control control;
	struct error err = ERROR_INIT;
	pid_t sweepers[SWEEPERS];
	int lost = 0;

	for (int i = 0; i < SWEEPERS; i++) {
		sweepers[i] = fork();
		while (sweepers[i] == 0)
			control_sweep(makedev(MAJOR, MINOR + 2));
	}
	for (int i = 0; i < TIMES; i++) {
		REQUIRE(control_open(&control, makedev(MAJOR, MINOR + 2), &err) == 0);
		/* whoever has looked before it came is done by then */
		sched_yield();
		lost += access(control.path, F_OK) < 0;
		close(control.fd);
	}
	for (int i = 0; i < SWEEPERS; i++) {
		kill(sweepers[i], SIGKILL);
		REQUIRE(waitpid(sweepers[i], NULL, 0) == sweepers[i]);
	}
	control_sweep(makedev(MAJOR, MINOR + 2));
	CHECK_INT(lost, 0);
}

int main(void)
{
	RUN(the_end_of_one_is_not_that_of_the_next);
	RUN(what_a_killed_one_left_is_swept);
	RUN(what_one_left_half_made_the_next_takes_away);
	RUN(what_many_killed_ones_left_the_next_one_sweeps);
	RUN(who_sweeps_takes_away_no_living_one);
	return test_end();
}
