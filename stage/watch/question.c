// SPDX-License-Identifier: BSD-2-Clause
#include "stage/watch/question.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/clock.h"

enum { LATE_STATUS = 124, ENDING_MS = 5000 };

int question_begin(struct question *question, int (*inside)(void *data), void *data, struct error *err)
{
	_cleanup_(closep) int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t none;

	if (null < 0)
		return error_errno(err, "cannot open /dev/null");
	fflush(NULL);
	question->pid = fork();
	if (question->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setpgid(0, 0);
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		signal(SIGPIPE, SIG_DFL);
		dup2(null, STDIN_FILENO);
		_exit(inside(data));
	}
	if (question->pid < 0)
		return error_errno(err, "cannot ask");
	question->pidfd = (int)syscall(SYS_pidfd_open, question->pid, 0);
	return question->pidfd < 0 ? error_errno(err, "cannot ask") : 0;
}

static int answer(struct question *question)
{
	int status;

	closep(&question->pidfd);
	while (waitpid(question->pid, &status, 0) < 0)
		if (errno != EINTR)
			return 255;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* With all that the shell has started. */
static int give_up(struct question *question)
{
	kill(-question->pid, SIGKILL);
	kill(question->pid, SIGKILL);
	answer(question);
	return LATE_STATUS;
}

/* Who is asked may be gone, and the question not notice. */
int question_wait(struct question *question, struct container *container, struct pollfd *also,
		  int64_t deadline, int *ret_status, struct error *err)
{
	while (true) {
		struct pollfd waiting[] = {{.fd = question->pidfd, .events = POLLIN},
					   {.fd = also ? also->fd : -1, .events = POLLIN}};
		int64_t left = deadline < 0 ? -1 : deadline - clock_steady_ms();
		int r = container_ended(container)
				? poll(waiting, 2, left < 0 || left > ENDING_MS ? ENDING_MS : (int)left)
				: container_pump(container, waiting, 2, left < 0 ? -1 : left, err);

		if (r < 0 || waiting[1].revents) {
			give_up(question);
			return r < 0 ? r : -EINTR;
		}
		if (r > 0)
			break;
		if (container_ended(container) ? left != 0 && poll(waiting, 1, ENDING_MS) != 1
					       : deadline >= 0 && clock_steady_ms() >= deadline) {
			*ret_status = give_up(question);
			return 0;
		}
	}
	*ret_status = answer(question);
	return 0;
}
