// SPDX-License-Identifier: BSD-2-Clause
/*
 * enter ROOT CWD UID GID COUNT NAME=VALUE… COMMAND [ARGUMENT]…
 *
 * The last step of sfc-init, in one process: into the root, down to the user, and there execve(2) with
 * the environment that was asked for. A package's variables (LD_PRELOAD, LD_DEBUG_OUTPUT, …) would act on
 * whatever program of the host they were given to; here the first that sees them is the package's own.
 *
 * Exits 127 when COMMAND is not found, 126 when it cannot be executed, 125 when it did not come so far.
 */
#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/text.h"

enum { NOT_ENTERED = 125, NOT_EXECUTABLE = 126, NOT_FOUND = 127 };

static int failed(int code, const char *what, const char *name)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	const char *why = strerror(errno);

	text_add_plain(&text, name);
	fprintf(stderr, "sfc: %s '%s': %s\n", what, text.bytes, why);
	return code;
}

/* A decimal number, all of it; -1: it is none. */
static long number(const char *text)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	return errno || end == text || *end || value < 0 ? -1 : value;
}

/* What runs beside a shell has these ignored; the program is to start with them as usual. */
static void reset_signals(void)
{
	static const int signals[] = {SIGINT, SIGQUIT, SIGPIPE};
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		signal(signals[i], SIG_DFL);
}

static int enter(char **argv, long uid, long gid)
{
	if (chroot(argv[1]) < 0 || chdir("/") < 0)
		return failed(NOT_ENTERED, "cannot enter the root", argv[1]);
	if (chdir(argv[2]) < 0)
		return failed(NOT_ENTERED, "cannot start in the directory", argv[2]);
	if (setgroups(0, NULL) < 0 || setgid((gid_t)gid) < 0)
		return failed(NOT_ENTERED, "cannot become the group", argv[4]);
	if (setuid((uid_t)uid) < 0)
		return failed(NOT_ENTERED, "cannot become the user", argv[3]);
	return 0;
}

int main(int argc, char **argv)
{
	long uid = argc > 6 ? number(argv[3]) : -1, gid = argc > 6 ? number(argv[4]) : -1;
	long count = argc > 6 ? number(argv[5]) : -1;
	char **environment, **command;
	int code;

	if (uid < 0 || gid < 0 || count < 0 || count >= argc - 6) {
		fprintf(stderr, "sfc: enter: ROOT CWD UID GID COUNT NAME=VALUE… COMMAND…\n");
		return NOT_ENTERED;
	}
	command = argv + 6 + count;
	environment = calloc((size_t)count + 1, sizeof(*environment));
	if (!environment)
		return failed(NOT_ENTERED, "cannot start", *command);
	memcpy(environment, argv + 6, (size_t)count * sizeof(*environment));
	code = enter(argv, uid, gid);
	if (code)
		return code;
	reset_signals();
	environ = environment; /* execvp() looks in the PATH of this */
	execvp(*command, command);
	return failed(errno == ENOENT ? NOT_FOUND : NOT_EXECUTABLE, "failed to execute", *command);
}
