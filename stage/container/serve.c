// SPDX-License-Identifier: BSD-2-Clause
/* Who stays for the programs that forward ports, as long as the container lives. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/text.h"
#include "stage/container/keep.h"
#include "stage/container/private.h"

/* The first of what we need from here on that is not below `from`; -1: none. */
static int next_needed(const struct container *container, int from)
{
	const struct network *network = &container->network;
	const int own[] = {container->pidfd, network->exit, network->namespace, network->watch};
	size_t count = sizeof(own) / sizeof(*own);
	int next = -1;

	for (size_t i = 0; i < count + network->helpers.count; i++) {
		int fd = i < count ? own[i] : network->helpers.items[i - count].pidfd;

		if (fd >= from && (next < 0 || fd < next))
			next = fd;
	}
	return next;
}

/* What else we hold may be what somebody waits for. */
static void close_the_rest(const struct container *container)
{
	int from = STDERR_FILENO + 1, next;

	for (; (next = next_needed(container, from)) >= 0; from = next + 1)
		if (next > from)
			syscall(SYS_close_range, from, next - 1, 0);
	syscall(SYS_close_range, from, ~0U, 0);
}

/* false: it is over. */
static bool mend(struct container *container, void (*tell)(void *data, const char *what), void *data)
{
	_cleanup_(text_release) struct text said = TEXT_INIT;
	struct error err = ERROR_INIT;
	int r = network_mend(&container->network, &said, &err);

	if (r == 0)
		text_add(&said, " was killed, and started again");
	tell(data, r < 0 || !said.size ? err.message : said.bytes);
	return r == 0;
}

void container_serve(struct container *container, void (*tell)(void *data, const char *what), void *data)
{
	struct pollfd fds[] = {{.fd = container->pidfd, .events = POLLIN},
			       {.fd = -1, .events = POLLIN},
			       {.fd = network_watch(&container->network), .events = POLLIN}};
	sigset_t set;
	int n;

	close_the_rest(container);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fds[1].fd = signalfd(-1, &set, SFD_CLOEXEC);
	do
		n = poll(fds, 3, -1);
	while (n < 0 ? errno == EINTR
		     : !fds[0].revents && !fds[1].revents && mend(container, tell, data));
	close(fds[1].fd);
	network_release(&container->network);
	container_leave(container);
}
