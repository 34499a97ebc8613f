// SPDX-License-Identifier: BSD-2-Clause
#include "fs/relay.h"

#include <errno.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/transport.h"

void relay_signals(sigset_t *ret_set)
{
	const int not[] = {SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV,
			   SIGSYS, SIGTTIN, SIGTTOU, TRANSPORT_WAKE};

	sigfillset(ret_set);
	for (size_t i = 0; i < sizeof(not) / sizeof(*not); i++)
		sigdelset(ret_set, not[i]);
}

void relay_bury(struct relay *relay)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != relay->child)
			continue;
		relay->child = 0;
		relay->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
}

/* From the terminal, which stops the child by itself: who waits for us shall see us stopped. */
static void stop_too(void)
{
	sigset_t set, old;

	sigemptyset(&set);
	sigaddset(&set, SIGTSTP);
	kill(getpid(), SIGTSTP);
	pthread_sigmask(SIG_UNBLOCK, &set, &old);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

bool relay_take(struct relay *relay, int number, int code, pid_t sender)
{
	/* a terminal sends to all in the foreground, the child too; at its end to few */
	bool has_it = code == SI_KERNEL && number != SIGHUP && number != SIGCONT;
	/* who read our messages has gone */
	bool ours = number == SIGPIPE && sender == getpid();

	if (number == SIGCHLD)
		relay_bury(relay);
	else if (has_it && number == SIGTSTP)
		stop_too();
	else if (!has_it && !ours && relay->child > 0)
		kill(relay->child, number);
	if (number == SIGTERM || number == SIGINT || number == SIGHUP || number == SIGQUIT)
		relay->asked_to_end = true;
	return relay->child == 0;
}

int relay_serve(struct relay *relay)
{
	siginfo_t info;
	sigset_t set;

	relay_signals(&set);
	relay_bury(relay); /* who ended before anybody looked */
	while (relay->child != 0)
		if (sigwaitinfo(&set, &info) > 0)
			relay_take(relay, info.si_signo, info.si_code, info.si_pid);
	return relay->status;
}
