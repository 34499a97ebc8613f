// SPDX-License-Identifier: BSD-2-Clause
#include "stage/machine/output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/clock.h"

enum { TEXT_MOST = 1024 * 1024, WAIT_MS = 10000 };

/* Until its end, the limit of size or the deadline. */
static void read_all(int fd, struct text *text, int64_t until_ms)
{
	char bytes[4096];
	ssize_t n = 1;

	while (n > 0 && text->size < TEXT_MOST) {
		struct pollfd ready = {.fd = fd, .events = POLLIN};
		int64_t left = until_ms - clock_steady_ms();

		if (left <= 0 || poll(&ready, 1, (int)left) <= 0)
			return;
		n = read(fd, bytes, sizeof(bytes));
		if (n > 0)
			text_add_bytes(text, bytes, (size_t)n);
	}
}

static void become(const char *const *argv, int out)
{
	int null = open("/dev/null", O_RDWR);

	dup2(null, STDIN_FILENO);
	dup2(null, STDERR_FILENO);
	dup2(out, STDOUT_FILENO);
	execvp(argv[0], (char *const *)argv);
	_exit(errno == ENOENT ? 127 : 126);
}

int output_of(const char *const *argv, struct text *text)
{
	int64_t until_ms = clock_steady_ms() + WAIT_MS;
	int fds[2], status;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		become(argv, fds[1]);
	close(fds[1]);
	if (pid > 0)
		read_all(fds[0], text, until_ms);
	close(fds[0]);
	if (pid < 0)
		return -EAGAIN;
	/* what has closed its output ends; what hangs is not waited for */
	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (clock_steady_ms() > until_ms)
			kill(pid, SIGKILL);
		usleep(1000);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool output_of_file(const char *path, struct text *text)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char bytes[4096];
	ssize_t n = -1;

	while (fd >= 0 && text->size < TEXT_MOST && (n = read(fd, bytes, sizeof(bytes))) > 0)
		text_add_bytes(text, bytes, (size_t)n);
	while (text->size && text->bytes[text->size - 1] == '\n')
		text->bytes[--text->size] = '\0';
	return n == 0 && !text_failed(text);
}

static bool is_in(const char *directory, size_t length, const char *program)
{
	_cleanup_(text_release) struct text path = TEXT_INIT;

	text_printf(&path, "%.*s/%s", (int)length, directory, program);
	return !text_failed(&path) && access(path.bytes, X_OK) == 0;
}

bool output_is_there(const char *program)
{
	const char *path = getenv("PATH");
	size_t length;

	for (; path && *path; path += length + (path[length] == ':')) {
		length = strcspn(path, ":");
		if (length && is_in(path, length, program))
			return true;
	}
	return is_in("/usr/sbin", 9, program) || is_in("/sbin", 5, program);
}
