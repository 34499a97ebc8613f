// SPDX-License-Identifier: BSD-2-Clause
#include "stage/instance/crew.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/io.h"

struct member {
	size_t i;
	pid_t pid;
	int fd;
	bool waits; /* counts no more among those at work */
};

struct members {
	struct member *items;
	size_t count, capacity;
};

size_t crew_of_processors(void)
{
	cpu_set_t set;
	int count = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

	/* each waits now and then for what the kernel does elsewhere */
	return (size_t)count * 2;
}

static int begin(const struct crew *crew, struct members *members, size_t i, struct error *err)
{
	struct member member = {.i = i};
	pid_t parent = getpid();
	int ends[2];

	if (array_reserve(members, 1) < 0)
		return error_oom(err);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_errno(err, "cannot make a pipe");
	fflush(NULL);
	member.pid = fork();
	if (member.pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
		/* the others' ends would keep them from being seen to close */
		for (size_t n = 0; n < members->count; n++)
			close(members->items[n].fd);
		close(ends[0]);
		crew->work(crew->data, i, ends[1]);
		_exit(0);
	}
	close(ends[1]);
	if (member.pid < 0) {
		close(ends[0]);
		return error_errno(err, "cannot fork");
	}
	member.fd = ends[0];
	return array_push(members, member);
}

static void end(struct members *members, size_t n, bool kill_it)
{
	struct member *member = &members->items[n];

	if (kill_it)
		kill(member->pid, SIGKILL);
	close(member->fd);
	while (waitpid(member->pid, NULL, 0) < 0 && errno == EINTR)
		;
	*member = members->items[--members->count];
}

/* One message, or its end. */
static int listen_to(const struct crew *crew, struct members *members, size_t n)
{
	struct member *member = &members->items[n];
	char message[PIPE_BUF];
	ssize_t got = io_read(member->fd, message, crew->message_size);
	size_t i = member->i;
	int r;

	if (got == (ssize_t)crew->message_size) {
		r = crew->hear(crew->data, i, message);
		member->waits |= r > 0;
		return r < 0 ? r : 0;
	}
	end(members, n, false);
	r = crew->hear(crew->data, i, NULL);
	return r < 0 ? r : 0;
}

static size_t at_work(const struct members *members)
{
	size_t count = 0;

	for (size_t n = 0; n < members->count; n++)
		count += !members->items[n].waits;
	return count;
}

static int listen_to_all(const struct crew *crew, struct members *members, struct error *err)
{
	size_t count = members->count;
	_cleanup_(freep) struct pollfd *fds = calloc(count, sizeof(*fds));
	int r = 0;

	if (!fds)
		return error_oom(err);
	for (size_t n = 0; n < count; n++)
		fds[n] = (struct pollfd){.fd = members->items[n].fd, .events = POLLIN};
	if (poll(fds, count, -1) < 0)
		return errno == EINTR ? 0 : error_errno(err, "cannot wait");
	/* from the end: one that goes has the last take its place */
	for (size_t n = count; r == 0 && n-- > 0;)
		if (fds[n].revents)
			r = listen_to(crew, members, n);
	return r;
}

int crew_run(const struct crew *crew, struct error *err)
{
	struct members members = ARRAY_INIT;
	size_t next = 0;
	int r = 0;

	while (r == 0 && (next < crew->count || members.count)) {
		if (next < crew->count && (!crew->at_once || at_work(&members) < crew->at_once))
			r = begin(crew, &members, next++, err);
		else
			r = listen_to_all(crew, &members, err);
	}
	while (members.count)
		end(&members, members.count - 1, true);
	array_release(&members);
	return r;
}
