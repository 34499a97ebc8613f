// SPDX-License-Identifier: BSD-2-Clause
/* Processes that were written down: which of them live is told by number, start, boot and namespace. */
#include "db/base/process.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/base/error.h"
#include "tests/test.h"

/* The number of a namespace that is gone becomes another's: the start tells them apart. */
static void a_process_elsewhere_is_known_by_its_start(void)
{
	struct process it;
	char path[64];
	struct stat st;
	/* as fork(), in a pid namespace of its own */
	long pid = geteuid() == 0 && stat("/proc/self/ns/pid", &st) == 0 && st.st_ino == 0xEFFFFFFC
			   ? syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0)
			   : -1;

	if (pid == 0) {
		pause();
		_exit(0);
	}
	if (pid < 0) {
		fprintf(stderr, "not as root of the first pid namespace: not tried\n");
		return;
	}
	process_of(pid, &it);
	snprintf(path, sizeof(path), "/proc/%ld/ns/pid", pid);
	CHECK_INT(stat(path, &st), 0);
	it.pid = 1;
	it.pidns = (int64_t)st.st_ino;
	CHECK(process_is_alive(&it));
	it.started--;
	CHECK(!process_is_alive(&it));
	it.started = 0;
	CHECK(process_is_alive(&it));
	kill((pid_t)pid, SIGKILL);
	CHECK_INT(waitpid((pid_t)pid, NULL, 0), pid);
	CHECK(!process_is_alive(&it));
}

static void a_process_that_lives_is_somebodys_child(void)
{
	struct process self, it;
	pid_t pid = fork();

	if (pid == 0) {
		pause();
		_exit(0);
	}
	process_self(&self);
	process_of(pid, &it);
	CHECK_INT(process_parent_here(&it, &self), getpid());
	it.started++; /* another one, with its number */
	CHECK_INT(process_parent_here(&it, &self), -1);
	it.started--;
	it.pidns++;
	CHECK_INT(process_parent_here(&it, &self), -1);
	it.pidns--;
	kill(pid, SIGKILL);
	while (process_is_alive_here(&it, &self))
		usleep(1000);
	/* a zombie as yet */
	CHECK_INT(process_parent_here(&it, &self), -1);
	CHECK_INT(waitpid(pid, NULL, 0), pid);
	CHECK_INT(process_parent_here(&it, &self), -1);
}

static void what_cannot_be_looked_at_counts_as_alive_and_is_not_written_down(void)
{
	struct rlimit before, none;
	struct process self, it, other;
	struct error err = ERROR_INIT;

	process_self(&it);
	other = it;
	other.started++;
	CHECK(!process_is_alive(&other));
	REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
	none = before;
	none.rlim_cur = 0;
	REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
	process_self(&self);
	CHECK(process_is_alive(&it));
	CHECK(process_is_alive_here(&it, &self));
	CHECK(process_is_alive(&other));
	CHECK_INT(process_note(getpid(), &it, &err), -EMFILE);
	REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
	CHECK(strstr(err.message, "Too many open files") != NULL);
	CHECK_INT(process_note(getpid(), &it, &err), 0);
	CHECK(process_is_alive(&it));
	/* one that has ended can be written down: there is nothing to be found */
	CHECK_INT(process_note(0x7ffffff0, &it, &err), 0);
	CHECK(!process_is_alive(&it));
}

int main(void)
{
	RUN(a_process_elsewhere_is_known_by_its_start);
	RUN(a_process_that_lives_is_somebodys_child);
	RUN(what_cannot_be_looked_at_counts_as_alive_and_is_not_written_down);
	return test_end();
}
