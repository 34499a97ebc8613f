// SPDX-License-Identifier: BSD-2-Clause
/* From the start of a container to its end: waiting, signals, stopping. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/clock.h"
#include "db/base/io.h"
#include "db/base/log.h"
#include "db/base/text.h"
#include "stage/container/private.h"

enum { OWN_POLLS = 2, ALSO_MAX = 8, TICK_MS = 20, DRAIN_MS = 2000, TRIES = 5000, TRY_US = 1000 };

bool container_ended(const struct container *container)
{
	return container->reaped;
}

static bool is_running(pid_t pid)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	const char *state;
	char path[40];

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (io_read_file(AT_FDCWD, path, 4096, &text, NULL) < 0)
		return false;
	state = strrchr(text.bytes, ')');
	return state && state[1] && state[2] != 'Z' && state[2] != 'X';
}

/* The others in its group; how many there are. */
static size_t others_signal(const struct container *container, int number)
{
	pid_list list = {0};
	size_t count = 0;

	cgroup_processes(&container->cgroup, &list);
	for (size_t i = 0; i < list.count; i++) {
		if (list.items[i] == container->pid || !is_running(list.items[i]))
			continue;
		count++;
		if (number)
			kill(list.items[i], number);
	}
	array_release(&list);
	return count;
}

pid_t container_other(const struct container *container)
{
	pid_list list = {0};
	pid_t found = 0;

	cgroup_processes(&container->cgroup, &list);
	for (size_t i = 0; !found && i < list.count; i++)
		if (list.items[i] != container->pid && is_running(list.items[i]))
			found = list.items[i];
	array_release(&list);
	return found;
}

static int status_of(const siginfo_t *info)
{
	return info->si_code == CLD_EXITED ? info->si_status : 128 + info->si_status;
}

static int reap(struct container *container, struct error *err)
{
	siginfo_t info = {.si_pid = 0};
	int tries = 0;

	if (container->kept) {
		container->first_ended = container->reaped = true;
		container->status = keep_status(container);
		return 0;
	}
	/* it becomes our child when the runtime's last process has ended */
	while (waitid(P_PID, (id_t)container->pid, &info, WEXITED | WNOHANG) < 0) {
		if (errno != ECHILD || tries++ == TRIES)
			return error_errno(err, "cannot wait for the container");
		usleep(TRY_US);
	}
	if (info.si_pid) {
		container->first_ended = true;
		container->status = status_of(&info);
		container->reaped = !container->daemons || container->status || !container_other(container);
	}
	return 0;
}

/* It runs on all the same, so this is no error of its end. */
static void mend_network(struct container *container)
{
	_cleanup_(text_release) struct text said = TEXT_INIT;
	struct error err = ERROR_INIT;

	if (network_mend(&container->network, &said, &err) < 0)
		log_warning("its network is not what it was: %s", err.message);
	else
		log_warning("%s was killed, and started again", said.size ? said.bytes : "what forwards");
}

/* One turn of the loop, at most until `deadline`: how many of the caller's are ready. */
static int turn(struct container *container, struct pollfd *also, size_t count, int64_t deadline,
		struct error *err)
{
	struct pollfd fds[STREAM_POLLS + OWN_POLLS + ALSO_MAX];
	struct pollfd *others = fds + STREAM_POLLS + OWN_POLLS;
	int64_t left = deadline < 0 ? -1 : deadline - clock_steady_ms();
	int ready = 0;

	streams_prepare(&container->streams, fds);
	fds[STREAM_POLLS] = (struct pollfd){.fd = container->first_ended ? -1 : container->pidfd,
					    .events = POLLIN};
	fds[STREAM_POLLS + 1] = (struct pollfd){.fd = network_watch(&container->network), .events = POLLIN};
	for (size_t i = 0; i < count; i++)
		others[i] = also[i];
	if (deadline >= 0 && left < 0)
		left = 0;
	/* of those that are left behind nobody tells us */
	if (container->first_ended && !container->reaped && (left < 0 || left > TICK_MS))
		left = TICK_MS;
	if (poll(fds, STREAM_POLLS + OWN_POLLS + count, left > INT_MAX ? INT_MAX : (int)left) < 0) {
		if (errno != EINTR)
			return error_errno(err, "cannot wait for the container");
		return 0;
	}
	streams_copy(&container->streams, fds);
	if (fds[STREAM_POLLS + 1].fd >= 0 && fds[STREAM_POLLS + 1].revents && !container->reaped)
		mend_network(container);
	if (fds[STREAM_POLLS].fd >= 0 && fds[STREAM_POLLS].revents) {
		int r = reap(container, err);

		if (r < 0)
			return r;
	}
	if (container->first_ended && !container->reaped)
		container->reaped = !container_other(container);
	for (size_t i = 0; i < count; i++) {
		also[i].revents = others[i].revents;
		ready += also[i].revents != 0;
	}
	return ready;
}

int container_pump(struct container *container, struct pollfd *also, size_t count,
		   int64_t timeout_ms, struct error *err)
{
	int64_t deadline = timeout_ms < 0 ? -1 : clock_steady_ms() + timeout_ms, drained = -1;
	int ready = 0;

	if (count > ALSO_MAX)
		return error_set(err, -EINVAL, "too many descriptors to wait for");
	while (ready == 0) {
		bool late = deadline >= 0 && clock_steady_ms() >= deadline;

		if (container->reaped && streams_ended(&container->streams))
			return 0;
		/* somebody outside may have got hold of its output; it is no longer the program's */
		if (container->reaped && drained < 0)
			drained = clock_steady_ms() + DRAIN_MS;
		if (drained >= 0 && clock_steady_ms() >= drained)
			return 0;
		ready = turn(container, also, count, drained >= 0 ? drained : deadline, err);
		if (late && !container->reaped)
			break;
	}
	return ready;
}

int container_wait(struct container *container, int *ret_status, struct error *err)
{
	int r = container_pump(container, NULL, 0, -1, err);

	if (r < 0)
		return r;
	*ret_status = container->status;
	streams_gather(&container->streams);
	r = streams_failed(&container->streams);
	return r < 0 ? error_code(err, r, "cannot write its output") : 0;
}

int container_signal(struct container *container, int number)
{
	if (number == SIGWINCH)
		streams_resize(&container->streams);
	if (container->first_ended) {
		others_signal(container, number);
		return 0;
	}
	return syscall(SYS_pidfd_send_signal, container->pidfd, number, NULL, 0) < 0 ? -errno : 0;
}

/* --- stopping --- */

/* Would the first process notice? For a process 1 the kernel drops what it does not catch. */
static bool hears(pid_t pid, int number)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	const char *line;
	char path[40];

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if (io_read_file(AT_FDCWD, path, 1 << 16, &text, NULL) < 0)
		return true;
	line = strstr(text.bytes, "\nSigCgt:\t");
	return !line || strtoull(line + 9, NULL, 16) >> (number - 1) & 1;
}

static void name_process(pid_t pid, struct text *text)
{
	_cleanup_(text_release) struct text comm = TEXT_INIT;
	char path[40];

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	if (!is_running(pid) || io_read_file(AT_FDCWD, path, 256, &comm, NULL) < 0)
		return;
	comm.bytes[strcspn(comm.bytes, "\n")] = '\0';
	text_add(text, text->size ? ", " : "");
	text_add_escaped(text, comm.bytes);
	text_printf(text, " (%d)", (int)pid);
}

/* Who is still there. */
static char *name_all(const struct container *container)
{
	pid_list list = {0};
	struct text text = TEXT_INIT;

	if (!container->first_ended)
		name_process(container->pid, &text);
	cgroup_processes(&container->cgroup, &list);
	for (size_t i = 0; i < list.count; i++)
		if (list.items[i] != container->pid)
			name_process(list.items[i], &text);
	array_release(&list);
	return text.size ? text_take(&text) : NULL;
}

/* Until the first has ended; where it cannot hear us, until the others have. false: the grace is over. */
static int wait_grace(struct container *container, bool hearing, int64_t deadline,
		      struct error *err)
{
	while (!container->reaped && (hearing || others_signal(container, 0))) {
		int64_t left = deadline - clock_steady_ms();
		int r;

		if (left <= 0)
			return false;
		r = container_pump(container, NULL, 0, hearing || left < TICK_MS ? left : TICK_MS, err);
		if (r < 0)
			return r;
	}
	return true;
}

/* Another process namespace than the container's may hold what is left. */
static int wait_others(struct container *container, int64_t deadline)
{
	if (!others_signal(container, container->stop_signal))
		return true;
	while (others_signal(container, 0)) {
		if (clock_steady_ms() >= deadline)
			return false;
		usleep(TICK_MS * 1000);
	}
	return true;
}

static int kill_all(struct container *container, struct error *err)
{
	container_signal(container, SIGKILL);
	others_signal(container, SIGKILL);
	return container->reaped ? 0 : container_pump(container, NULL, 0, -1, err);
}

int container_stop(struct container *container, uint64_t grace_ms, int *ret_status, char **ret_unheard,
		   struct error *err)
{
	int64_t deadline = clock_steady_ms() + (int64_t)(grace_ms > INT_MAX ? INT_MAX : grace_ms);
	bool hearing = container->init.pid || hears(container->pid, container->stop_signal), mute = false;
	int in_time = true, r;

	if (ret_unheard)
		*ret_unheard = NULL;
	container->daemons = false; /* asked to end, what is left behind is to end, too */
	if (!container->reaped) {
		if (hearing)
			container_signal(container, container->stop_signal);
		else
			others_signal(container, container->stop_signal);
		in_time = wait_grace(container, hearing, deadline, err);
		/* nobody is left but one that cannot hear: outside a container the signal had ended it */
		mute = in_time > 0 && !container->reaped;
		if (mute)
			r = container_pump(container, NULL, 0, TICK_MS, err);
	}
	if (in_time > 0 && container->reaped)
		in_time = wait_others(container, deadline);
	if (in_time < 0)
		return in_time;
	mute = mute && !container->reaped;
	if (!in_time && ret_unheard)
		*ret_unheard = name_all(container);
	r = kill_all(container, err);
	if (r == 0)
		r = container_wait(container, ret_status, err);
	if (r == 0 && mute)
		*ret_status = 128 + container->stop_signal;
	return r;
}
