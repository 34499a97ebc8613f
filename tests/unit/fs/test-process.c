// SPDX-License-Identifier: BSD-2-Clause
/* Who asked: from a thread to a program, however short it lived. */
#include "fs/process.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/test.h"

static const char *inside(const char *exe, const char *root, const char *mountpoint)
{
	static char buffer[256];

	snprintf(buffer, sizeof(buffer), "%s", exe);
	return process_inside(buffer, root, mountpoint);
}

static void an_executable_is_named_as_seen_inside_the_root(void)
{
	/* chrooted into the mount, seen from outside */
	CHECK_STRING(inside("/mnt/web/usr/bin/cat", "/mnt/web", "/mnt/web"), "/usr/bin/cat");
	/* in a mount namespace of its own */
	CHECK_STRING(inside("/usr/bin/cat", "/", "/mnt/web"), "/usr/bin/cat");
	/* run from the mount without a chroot */
	CHECK_STRING(inside("/mnt/web/usr/bin/cat", "/", "/mnt/web"), "/usr/bin/cat");
	/* chrooted below the mount point */
	CHECK_STRING(inside("/mnt/web/sub/bin/x", "/mnt/web/sub", "/mnt/web"), "/bin/x");
	/* a name that only begins like the mount point */
	CHECK_STRING(inside("/mnt/website/x", "/", "/mnt/web"), "/mnt/website/x");
	CHECK_STRING(inside("/usr/bin/old (deleted)", "/", "/mnt/web"), "/usr/bin/old");
}

static void a_thread_is_read_from_proc_and_kept(void)
{
	struct processes processes;
	const struct program *mine;
	struct error err = ERROR_INIT;

	REQUIRE(processes_init(&processes, "/nowhere", &err) == 0);
	prctl(PR_SET_NAME, "first");
	mine = processes_find(&processes, getpid());
	CHECK_STRING(mine->comm, "first");
	CHECK(strstr(mine->exe, "test-process") != NULL);
	prctl(PR_SET_NAME, "second");
	CHECK(processes_find(&processes, getpid()) == mine);
	processes_exec(&processes, getpid(), "/usr/bin/test-process");
	CHECK_STRING(processes_find(&processes, getpid())->comm, "second");
	processes_release(&processes);
}

static void what_it_was_holds_until_the_new_program_is_in_place(void)
{
	struct processes processes;
	const struct program *mine;
	char byte = 0;
	int go[2], up[2];
	pid_t child;

	REQUIRE(processes_init(&processes, "/nowhere", NULL) == 0);
	REQUIRE(pipe(go) == 0 && pipe(up) == 0);
	child = fork();
	if (child == 0) {
		CHECK(read(go[0], &byte, 1) == 1);
		dup2(go[0], STDIN_FILENO);
		dup2(up[1], STDOUT_FILENO);
		execlp("cat", "cat", NULL);
		_exit(127);
	}
	mine = processes_find(&processes, child);
	CHECK(strstr(mine->exe, "test-process") != NULL);
	processes_exec(&processes, child, "/usr/bin/cat");
	CHECK(processes_find(&processes, child) == mine);
	REQUIRE(write(go[1], "gx", 2) == 2);
	REQUIRE(read(up[0], &byte, 1) == 1); /* cat has started, and copied it */
	CHECK_STRING(processes_find(&processes, child)->comm, "cat");
	CHECK(strstr(processes_find(&processes, child)->exe, "/cat") != NULL);
	close(go[0]);
	close(go[1]);
	close(up[0]);
	close(up[1]);
	kill(child, SIGTERM);
	waitpid(child, NULL, 0);
	processes_release(&processes);
}

static void nobody_is_a_program_too(void)
{
	struct processes processes;

	REQUIRE(processes_init(&processes, "/nowhere", NULL) == 0);
	CHECK_STRING(processes_find(&processes, 0)->exe, "");
	CHECK_STRING(processes_find(&processes, 0)->comm, "");
	CHECK_STRING(processes_find(&processes, 0x3fffffff)->exe, "");
	processes_release(&processes);
}

int main(void)
{
	RUN(an_executable_is_named_as_seen_inside_the_root);
	RUN(a_thread_is_read_from_proc_and_kept);
	RUN(what_it_was_holds_until_the_new_program_is_in_place);
	RUN(nobody_is_a_program_too);
	return test_end();
}
