/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For bench-trace.sh: how long something takes in a root of its own, in nanoseconds on standard
 * output.
 *
 *	bench-trace-run command ROOT COMMAND…     from fork to exit; its output is thrown away
 *	bench-trace-run sequential ROOT FILE      reading all of it, 128 KiB at a time
 *	bench-trace-run random ROOT FILE READS    4 KiB at aligned places, the same on every run
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void ends(const char *what)
{
	fprintf(stderr, "bench-trace-run: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void enter(const char *root)
{
	if (strcmp(root, "/") != 0 && chroot(root) < 0)
		ends(root);
	if (chdir("/") < 0)
		ends("/");
}

static void command(const char *root, char **argv)
{
	int status, nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
	pid_t pid = fork();

	if (pid < 0)
		ends("fork");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(nowhere, STDIN_FILENO);
		dup2(nowhere, STDOUT_FILENO);
		enter(root);
		execvp(argv[0], argv);
		ends(argv[0]);
	}
	if (waitpid(pid, &status, 0) != pid)
		ends("wait");
	if (status != 0) {
		errno = ECHILD;
		ends(argv[0]);
	}
}

static void sequential(const char *file)
{
	static char block[128 << 10];
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		ends(file);
	while ((n = read(fd, block, sizeof(block))) > 0)
		;
	if (n < 0)
		ends(file);
	close(fd);
}

static void at_random(const char *file, long reads)
{
	static char block[4096];
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	uint64_t state = 88172645463325252U, blocks;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size < (off_t)sizeof(block))
		ends(file);
	blocks = (uint64_t)st.st_size / sizeof(block);
	for (long i = 0; i < reads; i++) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		if (pread(fd, block, sizeof(block), (off_t)(state % blocks * sizeof(block))) !=
		    (ssize_t)sizeof(block))
			ends(file);
	}
	close(fd);
}

int main(int argc, char **argv)
{
	int64_t before;

	if (argc < 4) {
		fputs("usage: bench-trace-run command|sequential|random ROOT …\n", stderr);
		return 2;
	}
	before = now();
	if (strcmp(argv[1], "command") == 0) {
		command(argv[2], argv + 3);
	} else {
		enter(argv[2]);
		before = now();
		if (strcmp(argv[1], "sequential") == 0)
			sequential(argv[3]);
		else
			at_random(argv[3], argc > 4 ? atol(argv[4]) : 20000);
	}
	printf("%" PRId64 "\n", now() - before);
	return 0;
}
