// SPDX-License-Identifier: BSD-2-Clause
/* Who stays outside. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "stage/mount/outside_private.h"

/* A packet has to fit into the socket's buffer, which starts with 208 kB. */
enum { QUESTION_MAX = 192 << 10, WORDS_MAX = 4096 };

union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(OUTSIDE_FDS * sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
};

int outside_send(int socket, const void *data, size_t size, const int *fds, size_t count)
{
	struct iovec one = {.iov_base = (void *)(uintptr_t)data, .iov_len = size};
	union control control = {.bytes = ""};
	struct msghdr message = {.msg_iov = &one, .msg_iovlen = 1};

	if (count) {
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(count * sizeof(int));
		control.header = (struct cmsghdr){.cmsg_level = SOL_SOCKET,
						  .cmsg_type = SCM_RIGHTS,
						  .cmsg_len = CMSG_LEN(count * sizeof(int))};
		memcpy(CMSG_DATA(&control.header), fds, count * sizeof(int));
	}
	return sendmsg(socket, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static void take_control(struct msghdr *message, int *fds, size_t count, pid_t *ret_sender)
{
	struct ucred sender;

	for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at; at = CMSG_NXTHDR(message, at)) {
		if (at->cmsg_level != SOL_SOCKET)
			continue;
		if (at->cmsg_type == SCM_CREDENTIALS && ret_sender) {
			memcpy(&sender, CMSG_DATA(at), sizeof(sender));
			*ret_sender = sender.pid;
		}
		if (at->cmsg_type == SCM_RIGHTS && at->cmsg_len <= CMSG_LEN(count * sizeof(int)))
			memcpy(fds, CMSG_DATA(at), at->cmsg_len - CMSG_LEN(0));
	}
}

int outside_receive(int socket, void *data, size_t size, int *fds, size_t count, pid_t *ret_sender)
{
	struct iovec one = {.iov_base = data, .iov_len = size};
	union control control;
	struct msghdr message = {.msg_iov = &one,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	ssize_t n;

	do
		n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	take_control(&message, fds, count, ret_sender);
	return (int)n;
}

/* --- a program --- */

static char *join(const char *word, pid_t sender)
{
	char *joined;

	if (asprintf(&joined, "%s,namespace=%d", word, (int)sender) < 0)
		_exit(127);
	return joined;
}

/* TMPDIR, and the words of the command, a NUL behind each. */
static _Noreturn void become(const struct outside_question *question, char *bytes, size_t size, const int *fds,
			     pid_t sender)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), at = 0;
	char *words[WORDS_MAX + 1], *end = bytes + size, *temporary = bytes;
	bool given = question->flags & OUTSIDE_OUTPUT;
	size_t count = 0;
	sigset_t none;

	for (bytes += strlen(bytes) + 1; bytes < end && count < WORDS_MAX; bytes += strlen(bytes) + 1)
		words[count++] = bytes;
	words[count] = NULL;
	if (!count || bytes < end)
		_exit(127);
	if (question->number >= 0 && (size_t)question->number < count)
		words[question->number] = join(words[question->number], sender);
	if (*temporary)
		setenv("TMPDIR", temporary, 1);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (dup2(null, 0) == 0 && dup2(given ? fds[at++] : null, 1) == 1 &&
	    dup2(question->flags & OUTSIDE_SAID ? fds[at] : null, 2) == 2)
		execvp(words[0], words);
	dprintf(2, "cannot start %s: %s\n", words[0], strerror(errno));
	_exit(127);
}

static void answer_start(int socket, const struct outside_question *question, char *bytes, size_t size,
			 const int *fds, pid_t sender)
{
	struct outside_answer answer = {.code = 0};
	_cleanup_(closep) int pidfd = -1;
	pid_t pid = fork();

	if (pid == 0)
		become(question, bytes, size, fds, sender);
	if (pid > 0)
		pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0)
		answer.code = -errno;
	answer.number = (int)pid;
	outside_send(socket, &answer, sizeof(answer), &pidfd, pidfd >= 0);
}

static void answer_wait(int socket, pid_t pid)
{
	struct outside_answer answer = {.code = 0};
	int status = 0, r;

	do
		r = (int)waitpid(pid, &status, 0);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		answer.code = -errno;
	answer.number = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	outside_send(socket, &answer, sizeof(answer), NULL, 0);
}

/* Only what it has started and not buried. */
static void answer_kill(int socket, pid_t pid, int number)
{
	struct outside_answer answer = {.code = 0};
	siginfo_t info = {.si_pid = 0};

	if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || kill(pid, number) < 0)
		answer.code = -errno;
	outside_send(socket, &answer, sizeof(answer), NULL, 0);
}

static void answer(int socket, char *bytes, size_t size, const int *fds, pid_t sender)
{
	struct outside_question question;

	memcpy(&question, bytes, sizeof(question));
	if (question.kind == OUTSIDE_START)
		answer_start(socket, &question, bytes + sizeof(question), size - sizeof(question), fds, sender);
	else if (question.kind == OUTSIDE_WAIT)
		answer_wait(socket, question.number);
	else
		answer_kill(socket, question.number, question.flags);
}

_Noreturn void outside_serve(int socket)
{
	char *bytes = malloc(QUESTION_MAX + 1);
	int n;

	prctl(PR_SET_NAME, "sfc outside");
	/* what was typed is for who we work for, and ends what we have started by him */
	setsid();
	while (bytes) {
		int fds[OUTSIDE_FDS] = {-1, -1};
		pid_t sender = 0;

		n = outside_receive(socket, bytes, QUESTION_MAX, fds, OUTSIDE_FDS, &sender);
		if (n < (int)sizeof(struct outside_question))
			break;
		bytes[n] = '\0';
		answer(socket, bytes, (size_t)n, fds, sender);
		for (size_t i = 0; i < OUTSIDE_FDS; i++)
			closep(&fds[i]);
	}
	_exit(0);
}
