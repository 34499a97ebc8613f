// SPDX-License-Identifier: BSD-2-Clause
#include "stage/mount/outside.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "stage/mount/outside_private.h"

enum { OUTPUT_MAX = 64 << 20, SAID_MAX = 64 << 10, CANCEL_MS = 100 };

static bool wanted;
static int line = -1; /* to who is outside */

void outside_wanted(void)
{
	wanted = true;
}

bool outside_is_there(void)
{
	return line >= 0;
}

int outside_begin(struct error *err)
{
	int ends[2], one = 1;
	pid_t pid;

	if (!wanted || line >= 0)
		return 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return error_errno(err, "cannot make a socket");
	setsockopt(ends[1], SOL_SOCKET, SO_PASSCRED, &one, sizeof(one));
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		outside_serve(ends[1]);
	}
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return error_errno(err, "cannot fork");
	}
	line = ends[0];
	return 0;
}

static int ask(const struct text *question, const int *fds, size_t count, struct outside_answer *answer,
	       int *ret_pidfd)
{
	int got = -1;
	int r = outside_send(line, question->bytes, question->size, fds, count);

	if (r < 0)
		return r;
	r = outside_receive(line, answer, sizeof(*answer), &got, 1, NULL);
	if (r != (int)sizeof(*answer)) {
		closep(&got);
		return r < 0 ? r : -ECHILD;
	}
	if (ret_pidfd)
		*ret_pidfd = got;
	else
		closep(&got);
	return answer->code;
}

static void begin_question(struct text *question, enum outside_kind kind, int number, int flags)
{
	const struct outside_question head = {kind, number, flags};

	text_add_bytes(question, &head, sizeof(head));
}

int outside_start(const char *const *argv, int joining, int output, int said, pid_t *ret_pid, int *ret_pidfd,
		  struct error *err)
{
	_cleanup_(text_release) struct text question = TEXT_INIT;
	const char *temporary = getenv("TMPDIR");
	struct outside_answer answer;
	int fds[2], count = 0, flags = 0, r;

	if (output >= 0) {
		fds[count++] = output;
		flags |= OUTSIDE_OUTPUT;
	}
	if (said >= 0) {
		fds[count++] = said;
		flags |= OUTSIDE_SAID;
	}
	begin_question(&question, OUTSIDE_START, joining, flags);
	text_add_bytes(&question, temporary ? temporary : "", temporary ? strlen(temporary) + 1 : 1);
	for (; *argv; argv++)
		text_add_bytes(&question, *argv, strlen(*argv) + 1);
	if (text_failed(&question))
		return error_oom(err);
	r = ask(&question, fds, (size_t)count, &answer, ret_pidfd);
	if (r < 0)
		return error_code(err, r, "cannot start a program outside of the user namespace");
	*ret_pid = answer.number;
	return 0;
}

int outside_wait(pid_t pid)
{
	_cleanup_(text_release) struct text question = TEXT_INIT;
	struct outside_answer answer;

	begin_question(&question, OUTSIDE_WAIT, pid, 0);
	return ask(&question, NULL, 0, &answer, NULL) < 0 ? 255 : answer.number;
}

void outside_kill(pid_t pid, int number)
{
	_cleanup_(text_release) struct text question = TEXT_INIT;
	struct outside_answer answer;

	begin_question(&question, OUTSIDE_KILL, pid, number);
	ask(&question, NULL, 0, &answer, NULL);
}

static void read_all(int fd, size_t most, struct text *text)
{
	char bytes[16384];
	uint64_t at = 0;
	ssize_t n;

	while (fd >= 0 && at < most && (n = io_pread(fd, bytes, sizeof(bytes), at)) > 0) {
		text_add_bytes(text, bytes, (size_t)n);
		at += (uint64_t)n;
	}
}

static void wait_ended(pid_t pid, int pidfd, const volatile int *cancel)
{
	struct pollfd ended = {.fd = pidfd, .events = POLLIN};
	bool asked = false;

	while (poll(&ended, 1, cancel ? CANCEL_MS : -1) != 1) {
		if (cancel && *cancel && !asked)
			outside_kill(pid, SIGTERM);
		asked = cancel && *cancel;
	}
}

int outside_run(const char *const *argv, struct text *output, struct text *said, const volatile int *cancel,
		struct error *err)
{
	_cleanup_(closep) int out = -1, errors = -1, pidfd = -1;
	int status, r = 0;
	pid_t pid;

	if (output)
		out = memfd_create("output", MFD_CLOEXEC);
	if (said)
		errors = memfd_create("said", MFD_CLOEXEC);
	if ((output && out < 0) || (said && errors < 0))
		return error_errno(err, "cannot keep what %s says", argv[0]);
	r = outside_start(argv, -1, output ? out : STDOUT_FILENO, said ? errors : STDERR_FILENO, &pid, &pidfd, err);
	if (r < 0)
		return r;
	wait_ended(pid, pidfd, cancel);
	status = outside_wait(pid);
	if (output)
		read_all(out, OUTPUT_MAX, output);
	if (said)
		read_all(errors, SAID_MAX, said);
	if (cancel && *cancel)
		return error_set(err, -EINTR, "interrupted");
	return status;
}
