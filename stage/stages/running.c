// SPDX-License-Identifier: BSD-2-Clause
#include "stage/stages/running.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/clock.h"
#include "db/base/io.h"
#include "stage/mount/namespace.h"

enum { GRACE_MS = 10000 };

double running_seconds(uint64_t ms)
{
	return (double)ms / 1000;
}

/* --- signals --- */

int running_signals_open(struct error *err)
{
	sigset_t set;
	int fd;

	sigprocmask(SIG_BLOCK, NULL, &set);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? error_errno(err, "cannot wait for signals") : fd;
}

bool running_is_to_stop(struct running *running)
{
	struct signalfd_siginfo info;

	while (read(running->signals, &info, sizeof(info)) == sizeof(info)) {
		int number = (int)info.ssi_signo;
		bool typed = number == SIGINT || number == SIGQUIT;

		if (number == SIGUSR1 || number == SIGUSR2 || number == SIGWINCH ||
		    (typed && running->request->through && !running->asked_once)) {
			container_signal(running->container, number);
			running->asked_once |= typed;
		} else if (!running->interrupted) {
			running->interrupted = number == namespace_orphaned() ? SIGKILL : number;
		}
	}
	return running->interrupted != 0;
}

/* --- how it went --- */

int running_outcome(struct running *running, enum trial_outcome outcome, const char *format, ...)
{
	struct trial *trial = running->trial;
	va_list args;

	va_start(args, format);
	vsnprintf(trial->said, sizeof(trial->said), format, args);
	va_end(args);
	trial->outcome = outcome;
	return 0;
}

int running_stop(struct running *running, uint64_t grace_ms, char **ret_unheard, struct error *err)
{
	_cleanup_(freep) char *unheard = NULL;
	int r;

	running->trial->at.stopping_ns = clock_wall_ns();
	r = container_stop(running->container, grace_ms, &running->trial->status, &unheard, err);

	if (r == 0 && ret_unheard)
		*ret_unheard = take(unheard);
	return r;
}

uint64_t running_grace(const struct running *running)
{
	return running->spec->grace_given ? running->spec->grace_ms : GRACE_MS;
}

int running_interrupt(struct running *running, struct error *err)
{
	bool patient = running->request->patient && running->interrupted != SIGKILL;
	int r = running_stop(running, patient ? running_grace(running) : 0, NULL, err);

	if (r < 0)
		return r;
	running->trial->status = 128 + running->interrupted;
	return running_outcome(running, TRIAL_INTERRUPTED, "%s was told to end", running->program);
}

int running_late(struct running *running, const char *what, uint64_t limit_ms, struct error *err)
{
	int r = running_stop(running, running_grace(running), NULL, err);

	return r < 0 ? r : running_outcome(running, TRIAL_FAILED, "%s %s within %g s", running->program, what,
				   running_seconds(limit_ms));
}

/*
 * crun finds out that the kernel does not take the program only when it is the program, and says so in its
 * place: of a script whose interpreter is missing, for one.
 */
bool running_was_not_executed(struct running *running, struct error *err)
{
	static const char mark[] = "exec container process";
	struct trial *trial = running->trial;
	char said[256];
	const char *why;
	ssize_t n;

	if (trial->status != 1 || running->request->through)
		return false;
	n = io_pread(trial->captured[CAPTURED_ERRORS], said, sizeof(said) - 1, 0);
	said[n > 0 ? n : 0] = '\0';
	if (strncmp(said, mark, strlen(mark)) != 0)
		return false;
	said[strcspn(said, "\n")] = '\0';
	why = strstr(said, "`: ");
	trial->status = 127;
	trial->outcome = TRIAL_NOT_STARTED;
	error_set(err, -ENOENT, "cannot execute '%s': %s; is its interpreter in the root?", running->program,
		  why ? why + 3 : said);
	return true;
}

/* --- to its end --- */

int running_to_end(struct running *running, struct error *err)
{
	int64_t deadline = running->spec->timeout_ms ? clock_steady_ms() + (int64_t)running->spec->timeout_ms : -1;
	struct container *container = running->container;
	int r;

	while (!container_ended(container)) {
		struct pollfd signals = {.fd = running->signals, .events = POLLIN};
		int64_t left = deadline < 0 ? -1 : deadline - clock_steady_ms();

		if (deadline >= 0 && left <= 0)
			return running_late(running, "did not end", running->spec->timeout_ms, err);
		r = container_pump(container, &signals, 1, left, err);
		if (r < 0)
			return r;
		if (r > 0 && running_is_to_stop(running))
			return running_interrupt(running, err);
	}
	r = container_wait(container, &running->trial->status, err);
	if (r == 0 && running_was_not_executed(running, err))
		return -ENOENT;
	return r < 0 ? r : running_outcome(running, TRIAL_DONE, "%s ended with status %d", running->program,
				   running->trial->status);
}
