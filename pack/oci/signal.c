// SPDX-License-Identifier: BSD-2-Clause
#include "pack/oci/signal.h"

#include <ctype.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	int number;
} signals[] = {
	{"HUP", SIGHUP},   {"INT", SIGINT},     {"QUIT", SIGQUIT}, {"ILL", SIGILL},   {"TRAP", SIGTRAP},
	{"ABRT", SIGABRT}, {"BUS", SIGBUS},     {"FPE", SIGFPE},   {"KILL", SIGKILL}, {"USR1", SIGUSR1},
	{"SEGV", SIGSEGV}, {"USR2", SIGUSR2},   {"PIPE", SIGPIPE}, {"ALRM", SIGALRM}, {"TERM", SIGTERM},
	{"CHLD", SIGCHLD}, {"CONT", SIGCONT},   {"STOP", SIGSTOP}, {"TSTP", SIGTSTP}, {"TTIN", SIGTTIN},
	{"TTOU", SIGTTOU}, {"URG", SIGURG},     {"XCPU", SIGXCPU}, {"XFSZ", SIGXFSZ}, {"PROF", SIGPROF},
	{"IO", SIGIO},     {"VTALRM", SIGVTALRM}, {"PWR", SIGPWR}, {"SYS", SIGSYS},   {"WINCH", SIGWINCH},
	{"STKFLT", SIGSTKFLT},
};

/* One or two digits and no more; -1: it is something else. */
static int small_number(const char *text)
{
	size_t length = strspn(text, "0123456789");

	return length && length < 3 && !text[length] ? (int)strtol(text, NULL, 10) : -1;
}

int oci_signal_number(const char *name)
{
	int number;

	if (isdigit((unsigned char)name[0])) {
		number = small_number(name);
		return number >= 1 && number <= 64 ? number : 0;
	}
	if (strncmp(name, "SIG", 3) == 0)
		name += 3;
	if (strncmp(name, "RTMIN", 5) == 0 || strncmp(name, "RTMAX", 5) == 0) {
		bool from_below = name[3] == 'I';

		number = name[5] == (from_below ? '+' : '-') ? small_number(name + 6) : name[5] ? -1 : 0;
		if (number < 0 || number > SIGRTMAX - SIGRTMIN)
			return 0;
		return from_below ? SIGRTMIN + number : SIGRTMAX - number;
	}
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		if (strcmp(name, signals[i].name) == 0)
			return signals[i].number;
	return 0;
}

bool oci_signal_is_known(const char *name)
{
	return oci_signal_number(name) > 0;
}
