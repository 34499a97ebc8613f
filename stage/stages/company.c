// SPDX-License-Identifier: BSD-2-Clause
#include "stage/stages/company.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "stage/container/terminal.h"
#include "stage/mount/namespace.h"

int company_status(int r)
{
	return r == -ENOENT ? COMPANY_NOT_FOUND : r == -EACCES ? COMPANY_NOT_EXECUTABLE : COMPANY_OURS;
}

static int stop_now(struct container *container, struct error *err)
{
	_cleanup_(freep) char *unheard = NULL;
	int status;

	return container_stop(container, 0, &status, &unheard, err);
}

/* What our parent passes on is for the program; whose parent has died ends it. */
static int pass_signal(struct container *container, int signals, struct error *err)
{
	struct signalfd_siginfo info;
	int r = 0;

	while (r == 0 && read(signals, &info, sizeof(info)) == sizeof(info)) {
		if ((int)info.ssi_signo == namespace_orphaned())
			return stop_now(container, err);
		/* typed at the terminal: the program has its own, or is in the same group */
		r = container_signal(container, (int)info.ssi_signo);
	}
	return r == -ESRCH ? 0 : r;
}

int company_keep(struct container *container, bool terminal, int *ret_status, struct error *err)
{
	_cleanup_(closep) int signals = -1;
	struct pollfd also;
	sigset_t set;
	int r = container_start(container, err);

	if (r < 0)
		return r;
	if (terminal)
		terminal_make_raw();
	sigprocmask(SIG_BLOCK, NULL, &set);
	signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals < 0)
		return error_errno(err, "cannot wait for signals");
	while (r >= 0 && !container_ended(container)) {
		also = (struct pollfd){.fd = signals, .events = POLLIN};
		r = container_pump(container, &also, 1, -1, err);
		if (r > 0)
			r = pass_signal(container, signals, err);
	}
	return r < 0 ? r : container_wait(container, ret_status, err);
}
