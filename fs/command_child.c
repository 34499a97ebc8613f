// SPDX-License-Identifier: BSD-2-Clause
#include "fs/command_child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/log.h"
#include "fs/capability.h"
#include "fs/root_entry.h"
#include "fs/root_mounts.h"

long command_child_fork(void)
{
	return syscall(SYS_clone, CLONE_NEWNS | CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
}

/* Whoever is above it ends, and so does it. */
static void die_with_parent(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static void answer(const struct command *command, int code, int status, const struct error *err)
{
	struct command_answer answer = {.code = code, .status = status};

	if (code < 0)
		memcpy(answer.message, err->message, sizeof(answer.message));
	send(command->fd, &answer, sizeof(answer), MSG_NOSIGNAL);
}

static void give_up(const struct command *command, int code, int status, const struct error *err)
	__attribute__((noreturn));
static void give_up(const struct command *command, int code, int status, const struct error *err)
{
	answer(command, code, status, err);
	_exit(status);
}

/* The traced root; where there is none to come we are not needed. */
static int receive_root(const struct command *command)
{
	char byte;
	struct iovec data = {.iov_base = &byte, .iov_len = 1};
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr message = {.msg_iov = &data,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	const struct cmsghdr *header;
	int fd;

	if (recvmsg(command->fd, &message, MSG_CMSG_CLOEXEC) != 1)
		_exit(COMMAND_FAILED);
	header = CMSG_FIRSTHDR(&message);
	if (!header || header->cmsg_type != SCM_RIGHTS)
		_exit(COMMAND_FAILED);
	memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

static int renew_proc(bool make, struct error *err)
{
	_cleanup_(closep) int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), place = -1;

	place = root < 0 ? -errno : root_mounts_place(root, "/proc", true, make);
	if (place == -ENOENT || place == -ENOTDIR) {
		log_note("the root has no /proc, so the command gets none");
		return 0;
	}
	if (place < 0)
		return error_code(err, place, "cannot make a place for /proc");
	return root_mounts_proc("/proc", err);
}

static int enter(const struct command *command, struct error *err)
{
	const struct options *options = command->options;
	_cleanup_(closep) int fd = receive_root(command);
	bool make = options->scratch;
	int r;

	if (options->in_place)
		return root_enter_in_place(fd, make, err);
	r = root_enter_apart(fd, options->source, make, options->xdev, err);
	return r < 0 ? r : renew_proc(make, err);
}

/* Stand before the command: it is one further down, and returns. */
static int stand_before(struct command *command, bool namespaces, struct error *err)
{
	struct relay relay = {.child = (pid_t)(namespaces ? command_child_fork() : fork())};

	if (relay.child < 0)
		return error_errno(err, "cannot fork");
	if (relay.child == 0) {
		die_with_parent();
		return 0;
	}
	close(command->fd);
	_exit(relay_serve(&relay));
}

/* To be the first process of a pid namespace below that of the container, with a /proc of its own. */
static int below(struct command *command, struct error *err)
{
	int r = stand_before(command, true, err);

	if (r < 0)
		return r;
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return error_errno(err, "cannot keep mounts to ourselves");
	return renew_proc(command->options->scratch, err);
}

static int prepare(struct command *command, struct error *err)
{
	int r = enter(command, err);

	if (r == 0 && command->options->in_place && command->options->pid1)
		r = below(command, err);
	if (r == 0 && !command->options->in_place && !command->options->pid1)
		r = stand_before(command, false, err);
	return r;
}

int command_child_become(const struct command *command, struct error *err)
{
	int r = 0;

	if (command->options->in_place && !command->options->privileged)
		r = capability_drop(CAP_SYS_ADMIN, err);
	if (r == 0 && command->options->in_place && !command->options->privileged)
		r = capability_drop(CAP_SYS_PTRACE, err);
	if (r == 0 && command->options->user)
		r = user_become(&command->user, err);
	return r;
}

static void execute(struct command *command) __attribute__((noreturn));
static void execute(struct command *command)
{
	char **words = command->options->command;
	struct error err = ERROR_INIT;
	int code;

	if (chdir(command->cwd) < 0 && chdir("/") < 0) {
		code = error_errno(&err, "cannot enter the root");
		give_up(command, code, COMMAND_FAILED, &err);
	}
	die_with_parent(); /* becoming another user took it back */
	sigaction(SIGCHLD, &command->old_child, NULL);
	pthread_sigmask(SIG_SETMASK, &command->old_mask, NULL);
	execvp(words[0], words);
	code = error_errno(&err, "cannot run %s", words[0]);
	give_up(command, code, code == -ENOENT ? COMMAND_MISSING : COMMAND_REFUSED, &err);
}

void command_child_live(struct command *command)
{
	struct error err = ERROR_INIT;
	char byte;
	int r;

	die_with_parent();
	r = prepare(command, &err);
	if (r < 0)
		give_up(command, r, COMMAND_FAILED, &err);
	answer(command, 0, 0, NULL);
	if (recv(command->fd, &byte, 1, 0) != 1)
		_exit(COMMAND_FAILED);
	r = command_child_become(command, &err);
	if (r < 0)
		give_up(command, r, COMMAND_FAILED, &err);
	execute(command);
}
