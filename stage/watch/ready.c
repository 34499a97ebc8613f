// SPDX-License-Identifier: BSD-2-Clause
#include "stage/watch/ready.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "stage/watch/http.h"

enum { TICK_MS = 20, LATE_STATUS = 124, LISTENING = 0x0a, ENDING_MS = 5000 };

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* --- a port --- */

static bool listens_in(const char *path, unsigned int wanted)
{
	_cleanup_(fclosep) FILE *file = fopen(path, "re");
	char line[512];

	/* "  0: 0100007F:1F90 00000000:0000 0A …" */
	while (file && fgets(line, sizeof(line), file)) {
		unsigned int port, state;

		if (sscanf(line, " %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x", &port, &state) == 2 &&
		    port == wanted && state == LISTENING)
			return true;
	}
	return false;
}

static bool port_listens(const char *process, unsigned int port)
{
	static const char *const tables[] = {"tcp", "tcp6"};
	char path[64];

	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		snprintf(path, sizeof(path), "/proc/%s/net/%s", process, tables[i]);
		if (listens_in(path, port))
			return true;
	}
	return false;
}

static bool container_listens(const struct container *container, unsigned int port)
{
	char process[16];

	snprintf(process, sizeof(process), "%d", (int)container_pid(container));
	return port_listens(process, port);
}

bool ready_port_taken(unsigned int port)
{
	return port_listens("self", port);
}

/* --- questions: a child in the container's network --- */

struct question {
	const char *command; /* for the shell, or */
	const char *url;
	const char *root;
	int output, errors;
	pid_t pid;
	int pidfd;
};

static _Noreturn void ask_inside(const struct container *container, const struct question *question)
{
	struct error err = ERROR_INIT;
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (container_network_enter(container, &err) < 0)
		_exit(125);
	if (question->url)
		_exit(http_answers(question->url, &err) == 0 ? 0 : 1);
	if (dup2(question->output, STDOUT_FILENO) < 0 || dup2(question->errors, STDERR_FILENO) < 0 ||
	    (question->root && setenv("SFC_ROOT", question->root, 1) < 0))
		_exit(125);
	execl("/bin/sh", "sh", "-c", question->command, (char *)NULL);
	_exit(127);
}

static int ask(const struct container *container, struct question *question, struct error *err)
{
	_cleanup_(closep) int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return error_errno(err, "cannot open /dev/null");
	if (question->output < 0)
		question->output = null;
	if (question->errors < 0)
		question->errors = null;
	fflush(NULL);
	question->pid = fork();
	if (question->pid == 0) {
		dup2(null, STDIN_FILENO);
		ask_inside(container, question);
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
static int wait_answer(struct container *container, struct question *question, struct pollfd *also,
		       int64_t deadline, int *ret_status, struct error *err)
{
	while (true) {
		struct pollfd waiting[] = {{.fd = question->pidfd, .events = POLLIN},
					   {.fd = also ? also->fd : -1, .events = POLLIN}};
		int64_t left = deadline < 0 ? -1 : deadline - now_ms();
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
					       : deadline >= 0 && now_ms() >= deadline) {
			*ret_status = give_up(question);
			return 0;
		}
	}
	*ret_status = answer(question);
	return 0;
}

int probe_run(struct container *container, const char *command, const char *root, int output,
	      int errors, struct pollfd *also, int64_t timeout_ms, int *ret_status, struct error *err)
{
	struct question question = {
		.command = command, .root = root, .output = output, .errors = errors, .pidfd = -1};
	int r = ask(container, &question, err);

	return r < 0 ? r : wait_answer(container, &question, also,
				       timeout_ms < 0 ? -1 : now_ms() + timeout_ms, ret_status, err);
}

/* --- ready --- */

/* 1: it is. */
static int is_ready(struct container *container, const struct spec *spec, struct pollfd *also,
		    int64_t deadline, struct error *err)
{
	struct question question = {
		.root = container_root(container), .output = -1, .errors = -1, .pidfd = -1};
	int status, r;

	if (spec->ready == READY_UNSET)
		return 1;
	if (spec->ready == READY_TCP)
		return container_listens(container, spec->ready_port);
	if (spec->ready == READY_HTTP)
		question.url = spec->ready_text;
	else
		question.command = spec->ready_text;
	r = ask(container, &question, err);
	if (r == 0)
		r = wait_answer(container, &question, also, deadline, &status, err);
	return r < 0 ? r : status == 0;
}

int ready_wait(struct container *container, const struct spec *spec, struct pollfd *also,
	       size_t count, int64_t timeout_ms, struct error *err)
{
	int64_t deadline = now_ms() + timeout_ms;

	while (!container_ended(container)) {
		int r = is_ready(container, spec, count == 1 ? also : NULL, deadline, err);

		if (r != 0)
			return r == -EINTR || r > 0 ? 0 : r;
		if (now_ms() >= deadline)
			return -ETIME;
		r = container_pump(container, also, count, TICK_MS, err);
		if (r != 0)
			return r < 0 ? r : 0;
	}
	return 0;
}
