// SPDX-License-Identifier: BSD-2-Clause
#include "stage/container/streams.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "stage/container/spawn.h"

enum { DRAIN_MS = 2000 };

/* The runtime hands them on. */
static void pass_on(int signals, pid_t pid)
{
	struct signalfd_siginfo info;

	while (read(signals, &info, sizeof(info)) == sizeof(info))
		/* what was typed the runtime got as well */
		if (info.ssi_code != SI_KERNEL)
			kill(pid, (int)info.ssi_signo);
}

int streams_accompany(struct streams *streams, pid_t pid, int signals)
{
	_cleanup_(closep) int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd fds[STREAM_POLLS + 2];
	bool ended = false;

	if (pidfd < 0)
		return -errno;
	while (!ended || !streams_ended(streams)) {
		int timeout = ended ? DRAIN_MS : -1, ready;

		streams_prepare(streams, fds);
		fds[STREAM_POLLS] = (struct pollfd){.fd = ended ? -1 : pidfd, .events = POLLIN};
		fds[STREAM_POLLS + 1] = (struct pollfd){.fd = signals, .events = POLLIN};
		ready = poll(fds, STREAM_POLLS + 2, timeout);
		if (ready < 0 && errno != EINTR)
			break;
		if (ready == 0)
			break;
		if (ready < 0)
			continue;
		streams_copy(streams, fds);
		pass_on(signals, pid);
		if (fds[STREAM_POLLS].fd >= 0 && fds[STREAM_POLLS].revents) {
			ended = true;
			streams_gather(streams);
		}
	}
	return spawn_wait(pid);
}
