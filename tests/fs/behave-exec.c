/* SPDX-License-Identifier: BSD-2-Clause */
/* Running programs: whose rights they get, scripts, busy texts. */
#include "tests/fs/behave.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

static void prepare(void)
{
	struct vfs_cap_data capability = {
	    .magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE,
	    .data = {{.permitted = 1U << CAP_NET_BIND_SERVICE}},
	};

	make_program("plain", 0755);
	make_program("busy", 0755);
	make_program("replaced", 0755);
	make_program("not-executable", 0644);
	make_program("unreadable", 0711);
	make_program("setuid", 04755);
	make_owner("setuid", OWNER, TEAM);
	make_program("setgid", 02755);
	make_owner("setgid", OWNER, TEAM);
	make_program("capable", 0755);
	must(setxattr("capable", "security.capability", &capability, sizeof(capability), 0) == 0,
	     "capable");
	make_file("script", 0755, "#!./plain who\n");
	make_file("script-missing", 0755, "#!/nowhere/at/all\n");
	make_file("script-of-script", 0755, "#!./script\n");
	make_file("nonsense", 0755, "neither a program nor a script\n");
	make_file("empty", 0755, "");
	make_directory("dir", 0755);
	must(symlink("plain", "link") == 0, "link");
}

/* Run it, and say what it said. */
static void run_fd(const char *check, int fd, const char *path, int flags)
{
	char text[256] = "";
	int said[2], status;
	ssize_t n = 0, sum = 0;
	pid_t pid;

	must(pipe(said) == 0, "pipe");
	fflush(stdout);
	pid = fork();
	must(pid >= 0, "fork");
	if (pid == 0) {
		dup2(said[1], STDOUT_FILENO);
		close(said[0]);
		close(said[1]);
		syscall(SYS_execveat, fd, path, (char *[]){(char *)"behave", (char *)"who", NULL},
			environ, flags);
		printf("%s", word(-1));
		fflush(stdout);
		_exit(126);
	}
	close(said[1]);
	while (sum < (ssize_t)sizeof(text) - 1 &&
	       (n = read(said[0], text + sum, sizeof(text) - 1 - (size_t)sum)) > 0)
		sum += n;
	close(said[0]);
	must(waitpid(pid, &status, 0) == pid, "wait");
	answer(check, "%s, status %x", text, (unsigned int)status);
}

static void run(const char *check, const char *path)
{
	run_fd(check, AT_FDCWD, path, 0);
}

static void ask_other(const void *about)
{
	(void)about;
	run("other-plain", "./plain");
	run("other-unreadable", "./unreadable");
	run("other-not-executable", "./not-executable");
	run("other-setuid", "./setuid");
	run("other-setgid", "./setgid");
	run("other-capable", "./capable");
	run("other-script", "./script");
}

static void kinds(void)
{
	run("plain", "./plain");
	run("link", "./link");
	run("missing", "./missing");
	run("not-executable", "./not-executable");
	run("directory", "./dir");
	run("below-file", "./plain/x");
	run("setuid", "./setuid");
	run("setgid", "./setgid");
	run("script", "./script");
	run("script-missing", "./script-missing");
	run("script-of-script", "./script-of-script");
	run("nonsense", "./nonsense");
	run("empty", "./empty");
}

static void by_descriptor(void)
{
	int fd = open("plain", O_RDONLY | O_CLOEXEC), path = open("plain", O_PATH | O_CLOEXEC);
	int writer = open("plain", O_WRONLY | O_APPEND | O_CLOEXEC);

	run("while-open-for-writing", "./plain");
	close(writer);
	run("after-close", "./plain");
	run_fd("by-descriptor", fd, "", AT_EMPTY_PATH);
	run_fd("by-path-descriptor", path, "", AT_EMPTY_PATH);
	run_fd("nofollow-link", AT_FDCWD, "link", AT_SYMLINK_NOFOLLOW);
	close(fd);
	close(path);
}

/* A program that runs cannot be written, only replaced. */
static void running(void)
{
	int waiting[2];
	pid_t pid;

	must(pipe(waiting) == 0, "pipe");
	fflush(stdout);
	pid = fork();
	must(pid >= 0, "fork");
	if (pid == 0) {
		dup2(waiting[1], STDOUT_FILENO);
		close(waiting[0]);
		execl("./busy", "behave", "wait", NULL);
		_exit(126);
	}
	close(waiting[1]);
	must(read(waiting[0], (char[1]){0}, 1) == 1, "a running program");
	result("running-write", open("busy", O_WRONLY | O_CLOEXEC));
	result("running-truncate", truncate("busy", 0));
	result("running-rename-over", rename("replaced", "busy"));
	result("running-replaced-write", open("busy", O_WRONLY | O_CLOEXEC));
	kill(pid, SIGKILL);
	must(waitpid(pid, NULL, 0) == pid, "wait");
	close(waiting[0]);
}

static void check(void)
{
	kinds();
	as(OTHER, ask_other, NULL);
	by_descriptor();
	running();
}

const struct area area_exec = {"exec", prepare, check};
