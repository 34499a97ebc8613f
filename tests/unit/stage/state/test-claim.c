// SPDX-License-Identifier: BSD-2-Clause
/* Claims: one owner at a time, however many ask, and none that outlives its owner. */
#include "stage/state/claim.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/manifest.h"

static struct state *state_here(void)
{
	struct state *state = NULL;
	struct error err = ERROR_INIT;

	if (state_open("state", &state, &err) < 0)
		fprintf(stderr, "%s\n", err.message);
	REQUIRE(state);
	return state;
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A process that has claimed, and does nothing else until it is killed. */
static pid_t owner_of(const char *object)
{
	int fds[2];
	pid_t pid;
	char c;

	REQUIRE(pipe(fds) == 0);
	pid = fork();
	REQUIRE(pid >= 0);
	if (pid == 0) {
		struct state *state = state_here();
		struct claim claim = CLAIM_INIT;

		close(fds[0]);
		if (claim_take(state, object, &claim, NULL) < 0 || write(fds[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(fds[1]);
	REQUIRE(read(fds[0], &c, 1) == 1);
	close(fds[0]);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void a_claim_is_had_once(void)
{
	struct state *state = state_here();
	struct claim mine = CLAIM_INIT, other = CLAIM_INIT;
	struct error err = ERROR_INIT;
	pid_t pid = owner_of("dev/a");
	char words[64];

	CHECK_INT(claim_try(state, "dev/a", &mine, &err), -EBUSY);
	snprintf(words, sizeof(words), "(process %d)", (int)pid);
	CHECK(strstr(err.message, "'a' is being worked on") && strstr(err.message, words));
	CHECK(!mine.state);
	CHECK_INT(claim_try(state, "dev/b", &other, &err), 0);
	claim_release(&other);
	end(pid);
	state_close(state);
}

static void one_whose_owner_was_killed_is_taken(void)
{
	struct state *state = state_here();
	struct claim mine = CLAIM_INIT;
	struct error err = ERROR_INIT;
	pid_t pid = owner_of("dev/killed");

	end(pid);
	CHECK_INT(claim_try(state, "dev/killed", &mine, &err), 0);
	claim_release(&mine);
	CHECK_INT(
	    count_of("state/state.db", "SELECT count(*) FROM claim WHERE object = 'dev/killed'"),
	    0);
	state_close(state);
}

static void a_zombie_owns_nothing(void)
{
	struct state *state = state_here();
	struct claim mine = CLAIM_INIT;
	pid_t pid = owner_of("dev/zombie");
	siginfo_t info;

	kill(pid, SIGKILL);
	waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
	CHECK_INT(claim_try(state, "dev/zombie", &mine, NULL), 0);
	claim_release(&mine);
	waitpid(pid, NULL, 0);
	state_close(state);
}

static void a_pid_of_another_start_or_boot_owns_nothing(void)
{
	static const char *const rows[] = {
	    "UPDATE claim SET pid_started = pid_started + 1",
	    "UPDATE claim SET boot = 'another'",
	};

	for (size_t i = 0; i < 2; i++) {
		struct state *state = state_here();
		struct claim mine = CLAIM_INIT;
		pid_t pid = owner_of("dev/reused");

		REQUIRE(connection_execute(&state->sql, rows[i], NULL) == 0);
		CHECK_INT(claim_try(state, "dev/reused", &mine, NULL), 0);
		claim_release(&mine);
		end(pid);
		state_close(state);
	}
}

static void who_waits_has_it_as_soon_as_the_owner_dies(void)
{
	struct state *state = state_here();
	struct claim mine = CLAIM_INIT;
	pid_t pid = owner_of("dev/slow"), killer;
	double begun;

	killer = fork();
	if (killer == 0) {
		usleep(300000);
		kill(pid, SIGKILL);
		_exit(0);
	}
	begun = seconds();
	CHECK_INT(claim_take(state, "dev/slow", &mine, NULL), 0);
	CHECK(seconds() - begun > 0.2);
	CHECK(seconds() - begun < 5);
	claim_release(&mine);
	waitpid(killer, NULL, 0);
	waitpid(pid, NULL, 0);
	state_close(state);
}

static void waiting_has_a_limit(void)
{
	struct state *state = state_here();
	struct claim mine = CLAIM_INIT;
	struct error err = ERROR_INIT;
	pid_t pid = owner_of("dev/long");
	double begun = seconds();

	setenv("SFC_LOCK_TIMEOUT", "0.3", 1);
	CHECK_INT(claim_take(state, "dev/long", &mine, &err), -EBUSY);
	unsetenv("SFC_LOCK_TIMEOUT");
	CHECK(seconds() - begun > 0.25);
	end(pid);
	state_close(state);
}

/* Eight processes, forty times each: whoever has the claim is alone in the file. */
static void many_never_meet(void)
{
	enum { PROCESSES = 8, ROUNDS = 40 };
	pid_t pids[PROCESSES];
	int status, ended = 0;

	for (int i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		REQUIRE(pids[i] >= 0);
		if (pids[i] == 0) {
			struct state *state = state_here();

			for (int round = 0; round < ROUNDS; round++) {
				struct claim claim = CLAIM_INIT;
				FILE *alone;

				if (claim_take(state, "dev/all", &claim, NULL) < 0)
					_exit(1);
				alone = fopen("alone", "wx");
				if (!alone || fclose(alone) != 0 || unlink("alone") < 0)
					_exit(2);
				claim_release(&claim);
			}
			_exit(0);
		}
	}
	for (int i = 0; i < PROCESSES; i++) {
		waitpid(pids[i], &status, 0);
		ended += WIFEXITED(status) && WEXITSTATUS(status) == 0;
	}
	CHECK_INT(ended, PROCESSES);
	CHECK_INT(count_of("state/state.db", "SELECT count(*) FROM claim WHERE object = 'dev/all'"),
		  0);
}

int main(void)
{
	scratch_enter();
	state_close(state_here());
	RUN(a_claim_is_had_once);
	RUN(one_whose_owner_was_killed_is_taken);
	RUN(a_zombie_owns_nothing);
	RUN(a_pid_of_another_start_or_boot_owns_nothing);
	RUN(who_waits_has_it_as_soon_as_the_owner_dies);
	RUN(waiting_has_a_limit);
	RUN(many_never_meet);
	return test_end();
}
