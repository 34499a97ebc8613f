// SPDX-License-Identifier: BSD-2-Clause
#include "stage/instance/hold.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/clock.h"
#include "db/base/io.h"
#include "stage/container/cgroup.h"
#include "stage/instance/hold_groups.h"
#include "stage/instance/hold_work.h"
#include "stage/mount/user.h"

enum { TICK_MS = 1000, BACKLOG = 64, QUESTION_MAX = 80 };

#define LOCK_NAME "holder"
#define SOCKET_NAME "holder.sock"

/* ---- its socket: by the directory's descriptor, whose path may be longer than an address ---- */

static socklen_t address_of(int dirfd, struct sockaddr_un *address)
{
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	snprintf(address->sun_path, sizeof(address->sun_path), "/proc/self/fd/%d/" SOCKET_NAME, dirfd);
	return sizeof(*address);
}

int hold_connect(int dirfd)
{
	_cleanup_(closep) int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct sockaddr_un address;
	socklen_t size = address_of(dirfd, &address);

	if (fd < 0 || connect(fd, (struct sockaddr *)&address, size) < 0)
		return -1;
	return take_fd(&fd);
}

static int listen_at(int dirfd, struct error *err)
{
	_cleanup_(closep) int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address;
	socklen_t size = address_of(dirfd, &address);

	/* of one that was killed: we have the lock */
	unlinkat(dirfd, SOCKET_NAME, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) < 0 || listen(fd, BACKLOG) < 0)
		return error_errno(err, "cannot listen at '%s' of the state", SOCKET_NAME);
	return take_fd(&fd);
}

struct holder {
	struct hold_groups groups;
	int dirfd, lock, socket, signals;
	bool over;
};

/* ---- what it is told ---- */

static const char *problem_of(const struct holder *holder, const char *app)
{
	for (size_t i = 0; i < holder->groups.list.count; i++)
		if (holder->groups.list.items[i].problem && strcmp(holder->groups.list.items[i].app, app) == 0)
			return holder->groups.list.items[i].problem;
	return "";
}

static void answer(struct holder *holder)
{
	_cleanup_(closep) int fd = accept4(holder->socket, NULL, NULL, SOCK_CLOEXEC);
	const struct timeval patience = {.tv_sec = 1};
	struct error err = ERROR_INIT;
	char app[QUESTION_MAX] = "";
	const char *said;

	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (recv(fd, app, sizeof(app) - 1, 0) <= 0)
		return;
	said = hold_groups_read(&holder->groups, &err) < 0 ? err.message : problem_of(holder, app);
	(void)!send(fd, said, strlen(said) + 1, MSG_NOSIGNAL);
	/* who asks next finds nobody, and makes another if there is something to hold */
	holder->over = !holder->groups.list.count;
}

/* ---- its loop ---- */

struct watched {
	ARRAY(struct pollfd) fds;
	ARRAY(struct hold_group *) groups; /* of each; NULL: it is one of our own */
};

static int watch(struct watched *watched, int fd, struct hold_group *group)
{
	const struct pollfd item = {.fd = fd, .events = POLLIN};

	return array_push(&watched->fds, item) < 0 || array_push(&watched->groups, group) < 0 ? -ENOMEM : 0;
}

static int watch_all(struct holder *holder, struct watched *watched)
{
	int r = watch(watched, holder->signals, NULL);

	if (r == 0)
		r = watch(watched, holder->socket, NULL);
	for (size_t i = 0; r == 0 && i < holder->groups.list.count; i++) {
		struct hold_group *group = &holder->groups.list.items[i];

		for (size_t k = 0; r == 0 && hold_waits(group) && k < group->ports.count; k++)
			r = watch(watched, group->ports.items[k].listener, group);
		for (size_t k = 0; r == 0 && k < group->members.count; k++)
			if (group->members.items[k].now == HOLD_UP)
				r = watch(watched, group->members.items[k].pidfd, group);
	}
	return r;
}

static void hear_signals(struct holder *holder)
{
	struct signalfd_siginfo info;

	while (read(holder->signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
		holder->over |= info.ssi_signo == SIGTERM;
	hold_reap(&holder->groups);
}

/* Their groups stay where they are until all of them have been seen to: only an answer changes the list. */
static void see_to_it(struct holder *holder, const struct watched *watched)
{
	for (size_t i = 2; i < watched->fds.count; i++)
		if (watched->fds.items[i].revents)
			hold_look(&holder->groups, watched->groups.items[i], watched->fds.items[i].fd);
	if (watched->fds.items[0].revents)
		hear_signals(holder);
	if (watched->fds.items[1].revents)
		answer(holder);
}

static int loop(struct holder *holder, struct error *err)
{
	int64_t ticked_ms = clock_steady_ms();
	int r = 0;

	while (r == 0 && !holder->over) {
		struct watched watched = {.fds = ARRAY_INIT};
		bool ticks = hold_ticks(&holder->groups);

		r = watch_all(holder, &watched) < 0 ? error_oom(err) : 0;
		if (r == 0 && poll(watched.fds.items, watched.fds.count, ticks ? TICK_MS : -1) > 0)
			see_to_it(holder, &watched);
		if (ticks && clock_steady_ms() - ticked_ms >= TICK_MS) {
			ticked_ms = clock_steady_ms();
			hold_tick(&holder->groups);
		}
		array_release(&watched.fds);
		array_release(&watched.groups);
	}
	return r;
}

/* ---- its beginning ---- */

static void allow_many_ports(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static int begin(struct holder *holder, const char *state, struct error *err)
{
	sigset_t set;
	int r;

	allow_many_ports();
	setsid();
	cgroup_leave(getpid());
	r = user_stays(state, getpid(), err);
	if (r < 0)
		return r;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	holder->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	holder->socket = listen_at(holder->dirfd, err);
	holder->groups.state = strdup(state);
	if (holder->socket < 0)
		return holder->socket;
	return holder->groups.state ? hold_groups_read(&holder->groups, err) : error_oom(err);
}

/* Whoever started us waits for that: all that is wanted is held. */
static void say_that_we_are_there(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	dup2(null, STDERR_FILENO);
	close(null);
}

static void end(struct holder *holder)
{
	hold_groups_release(&holder->groups);
	/* before the lock goes: it may be another's from then on */
	if (holder->socket >= 0)
		unlinkat(holder->dirfd, SOCKET_NAME, 0);
	closep(&holder->socket);
	closep(&holder->signals);
	closep(&holder->lock);
	closep(&holder->dirfd);
}

int hold_run(const char *state, struct error *err)
{
	struct holder holder = {.dirfd = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC), .lock = -1,
				.socket = -1, .signals = -1};
	int r = 0;

	if (holder.dirfd < 0)
		return error_errno(err, "cannot open '%s'", state);
	holder.lock = openat(holder.dirfd, LOCK_NAME, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (holder.lock < 0)
		r = error_errno(err, "cannot open '%s/" LOCK_NAME "'", state);
	else if (flock(holder.lock, LOCK_EX | LOCK_NB) < 0)
		r = errno == EWOULDBLOCK ? -EBUSY : error_errno(err, "cannot lock '%s/" LOCK_NAME "'", state);
	if (r == -EBUSY) {
		closep(&holder.lock);
		closep(&holder.dirfd);
		return 0;
	}
	if (r == 0)
		r = begin(&holder, state, err);
	if (r == 0) {
		say_that_we_are_there();
		r = loop(&holder, err);
	}
	end(&holder);
	return r;
}
