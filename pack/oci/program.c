// SPDX-License-Identifier: BSD-2-Clause
#include "pack/oci/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/text.h"

extern char **environ;

enum { SAID_MAX = 64 * 1024, CANCEL_MS = 100 };

static int start(const char *const *args, int out, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	int r = posix_spawn_file_actions_init(&actions);

	if (r != 0)
		return -r;
	r = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, out, STDERR_FILENO);
	if (r == 0)
		r = posix_spawnp(ret_pid, args[0], &actions, NULL, (char *const *)args, environ);
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

/* Until the other end is closed: the last of what was said stays. -EINTR when it was enough. */
static int listen_to(int fd, const volatile int *cancel, struct text *said)
{
	char chunk[4096];
	ssize_t size = 1;

	while (size != 0) {
		struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

		if (cancel && *cancel)
			return -EINTR;
		if (poll(&poll_fd, 1, CANCEL_MS) <= 0)
			continue;
		size = read(fd, chunk, sizeof(chunk));
		if (size < 0)
			return errno == EINTR ? -EINTR : -errno;
		if (said->size + (size_t)size > SAID_MAX)
			text_clear(said);
		if (text_add_bytes(said, chunk, (size_t)size) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* The words in msg="…" of the lines that skopeo and docker log; else the line. */
static int add_message(struct text *message, const char *line)
{
	const char *from = strstr(line, " msg=\"");

	if (!from)
		return text_add_plain(message, line);
	for (from += 6; *from && *from != '"'; from++) {
		if (*from == '\\' && from[1] && *++from == 'n')
			text_add_char(message, ' ');
		else
			text_add_char(message, (unsigned char)*from < ' ' ? ' ' : *from);
	}
	return text_failed(message) ? -ENOMEM : 0;
}

static int say_failure(const char *program, struct text *said, struct error *err)
{
	_cleanup_(text_release) struct text message = TEXT_INIT;
	char *line = NULL, *rest = said->bytes, *next;

	while ((next = strsep(&rest, "\n")))
		if (*next)
			line = next;
	if (!line)
		return error_set(err, -EIO, "%s failed and does not say why", program);
	if (add_message(&message, line) < 0)
		return error_oom(err);
	return error_set(err, -EIO, "%s: %s", program, message.bytes ? message.bytes : "");
}

int program_run(const char *const *args, const volatile int *cancel, struct error *err)
{
	_cleanup_(text_release) struct text said = TEXT_INIT;
	_cleanup_(closep) int from = -1, to = -1;
	int ends[2], status, r, heard;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_errno(err, "cannot make a pipe");
	from = ends[0];
	to = ends[1];
	r = start(args, to, &pid);
	if (r == -ENOENT)
		return r;
	if (r < 0)
		return error_code(err, r, "cannot start '%s'", args[0]);
	closep(&to);
	to = -1;
	heard = listen_to(from, cancel, &said);
	if (heard < 0)
		kill(pid, SIGTERM);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (heard < 0)
		return error_code(err, heard, "%s", args[0]);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : say_failure(args[0], &said, err);
}
