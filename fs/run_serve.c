// SPDX-License-Identifier: BSD-2-Clause
/* The middle of a run: until it is unmounted, questions are answered. */
#include "fs/run.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/log.h"
#include "fs/mount_state.h"
#include "fs/namespace.h"
#include "fs/remount.h"
#include "fs/status.h"

enum happening { NOTHING, ENDED, SIGNAL, QUESTION, MOUNTS };

/* What comes first: the kernel ends it, a signal, a question, a mount somewhere; or nothing in that time. */
static enum happening wait_event(struct run *run, int timeout_ms)
{
	struct pollfd fds[] = {{.fd = run->command ? -1 : run->transport.ended_fd, .events = POLLIN},
			       {.fd = run->signal_fd, .events = POLLIN},
			       {.fd = run->control.fd, .events = POLLIN},
			       {.fd = run->mounts_fd, .events = POLLPRI},
			       {.fd = run->ns.pid_fd, .events = POLLIN}};
	struct signalfd_siginfo info;
	int r;

	do
		r = poll(fds, 5, timeout_ms);
	while (r < 0 && errno == EINTR);
	if (r <= 0)
		return NOTHING;
	if (run->command) { /* it decides; and when all its mounts have gone, so has it */
		if (fds[1].revents && command_signal(run->command, run->signal_fd))
			return ENDED;
		return fds[2].revents ? QUESTION : NOTHING;
	}
	if (fds[0].revents || fds[4].revents) /* the kernel, or who keeps the namespace */
		return ENDED;
	if (fds[1].revents && read(run->signal_fd, &info, sizeof(info)) > 0)
		return SIGNAL;
	if (fds[2].revents)
		return QUESTION;
	return fds[3].revents ? MOUNTS : NOTHING;
}

static void answer(struct run *run, const char *question, int fd)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	struct error err = ERROR_INIT;
	int r = 0;

	if (strncmp(question, "mark ", 5) == 0)
		r = recorder_mark(&run->recorder, question + 5, &err);
	else if (strcmp(question, "flush") == 0)
		r = recorder_flush(&run->recorder, &err);
	else if (strcmp(question, "status") == 0)
		status_write(run, false, &text);
	else if (strcmp(question, "status json") == 0)
		status_write(run, true, &text);
	else if ((r = remount_answer(&run->fs->source, question, &err)) == -ENOTTY)
		r = error_set(&err, -EINVAL, "what is '%.40s'?", question);
	if (r == 0 && text_failed(&text))
		r = error_oom(&err);
	control_answer(fd, r == 0, r < 0 ? err.message : text.bytes);
}

/* True when it was to unmount; the answer has to wait then. */
static bool take_question(struct run *run)
{
	_cleanup_(text_release) struct text question = TEXT_INIT;
	int fd;

	if (control_accept(&run->control, &question, &fd) < 0)
		return false;
	if (strcmp(question.bytes, "follow") == 0) {
		closep(&run->goodbye_fd); /* he may have gone, for his umount(8) was refused */
		run->goodbye_fd = fd;
		return false;
	}
	if (run->command && strcmp(question.bytes, "unmount") == 0) {
		control_answer(fd, false, "it ends when its command does");
		return false;
	}
	if (strcmp(question.bytes, "unmount") != 0) {
		answer(run, question.bytes, fd);
		return false;
	}
	closep(&run->goodbye_fd);
	run->goodbye_fd = fd;
	return true;
}

/*
 * umount(8) took it away from here, and the kernel does not end it: there is somebody inside, or a
 * copy of it in another mount namespace, which does not count when nobody uses it.
 */
static bool is_abandoned(struct run *run)
{
	if (mount_state_used(run->mount.dev))
		return false;
	log_debug("%s is left in mount namespaces where nobody uses it",
		  run->options->mountpoint);
	run->abandoned = true;
	return true;
}

/*
 * Must somebody be left in our mount namespace for us to go on? Not if the mount is seen in others
 * too, nor for a guard, which other mounts lie above, and not in the foreground: there we have been asked
 * to stay.
 */
static bool needs_company(struct run *run, struct namespace *ret_ns)
{
	namespace_look(ret_ns);
	return ret_ns->apart && !run->options->foreground && run->options->kind != KIND_PROD &&
	       !mount_state_shared(run->mount.id);
}

static void serve(struct run *run)
{
	bool unmounted = false, company;
	struct namespace ns;

	run->mounts_fd = run->command ? -1 : mount_state_open(run->ns.pid);
	company = run->ns.pid == 0 && needs_company(run, &ns);
	for (;;) {
		bool already = unmounted;

		switch (wait_event(run, unmounted ? MOUNT_STATE_LOOK_MS
				   : company	? NAMESPACE_LOOK_MS
						: -1)) {
		case ENDED:
		case SIGNAL:
			return;
		case QUESTION:
			if (take_question(run))
				return;
			break;
		case MOUNTS:
			/* a guard lies below other mounts, whose users are not seen to be its own */
			unmounted = run->options->kind != KIND_PROD &&
				    !mount_state_mounted(run->ns.pid, run->mount.dev);
			break;
		case NOTHING:
			if (company && namespace_is_left(&ns) && is_abandoned(run))
				return;
			break;
		}
		if (already && unmounted && is_abandoned(run))
			return;
	}
}

/* Who asked before the end, and was not heard because of it, is answered with it. */
static void hear_the_last(struct run *run)
{
	struct pollfd question = {.fd = run->control.fd, .events = POLLIN};

	while (poll(&question, 1, 0) > 0)
		take_question(run);
}

void run_serve(struct run *run)
{
	serve(run);
	hear_the_last(run);
}
