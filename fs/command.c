// SPDX-License-Identifier: BSD-2-Clause
#include "fs/command.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "db/base/log.h"
#include "db/base/path.h"
#include "fs/allowance.h"
#include "fs/capability.h"
#include "fs/command_child.h"
#include "fs/mount.h"

/* With the words of who can allow it, where something is not allowed. */
static int refuse(const struct command *command, struct error *err, int r, const char *what)
{
	return error_set(err, r, "%s; %s", what, allowance_words(command->options->pid1));
}

/* Those that container engines give without being asked, but for who took them away. */
static int check_usual(const struct command *command, struct error *err)
{
	const struct options *options = command->options;
	const struct {
		bool needed;
		int number;
		const char *name;
	} usual[] = {
		{options->in_place, CAP_SYS_CHROOT, "SYS_CHROOT"},
		{options->in_place && !options->privileged, CAP_SETPCAP, "SETPCAP"},
		{options->user, CAP_SETUID, "SETUID"},
		{options->user, CAP_SETGID, "SETGID"},
		{options->user && options->in_place, CAP_KILL, "KILL"}, /* signals go on to another user's */
	};

	for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++)
		if (usual[i].needed && !capability_have(usual[i].number))
			return error_set(err, -EPERM,
					 "it takes the capability %s, which was taken away here: "
					 "--cap-add %s", usual[i].name, usual[i].name);
	return 0;
}

static int check_allowed(const struct command *command, struct error *err)
{
	_cleanup_(closep) int fuse = -1;

	if (command->options->image && geteuid() != 0)
		return error_set(err, -EPERM,
				 "user %u cannot be asked of a traced image, which starts as root and "
				 "changes to its user by itself: leave away -u (compose: user, "
				 "Kubernetes: runAsUser), or name the user in SFC_TRACE_USER",
				 (unsigned int)geteuid());
	fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (fuse < 0 && errno == ENOENT)
		return refuse(command, err, -ENOENT, "there is no /dev/fuse");
	if (fuse < 0)
		return refuse(command, err, -errno, "/dev/fuse may not be opened");
	if (!capability_have(CAP_SYS_ADMIN) || !mount_privileged())
		return refuse(command, err, -EPERM, "nothing may be mounted here");
	if (!capability_have(CAP_SYS_PTRACE))
		log_warning("without SYS_PTRACE the programs of other users have no names in the "
			    "manifest; %s", allowance_words(command->options->pid1));
	return check_usual(command, err);
}

static int find_words(struct command *command, struct error *err)
{
	json_auto_t *array = json_array();

	for (char **word = command->options->command; array && *word; word++)
		if (json_array_append_new(array, json_path(*word)) < 0)
			return error_oom(err);
	command->words = array ? json_dumps(array, JSON_COMPACT) : NULL;
	return command->words ? 0 : error_oom(err);
}

/* Where we are, if that is inside; else the root. */
static int find_cwd(struct command *command, struct error *err)
{
	_cleanup_(freep) char *cwd = getcwd(NULL, 0);
	const char *source = options_base(command->options), *rest = "/";

	if (cwd && path_is_within(cwd, source))
		rest = strcmp(source, "/") == 0 ? cwd : cwd + strlen(source);
	command->cwd = strdup(*rest ? rest : "/");
	return command->cwd ? 0 : error_oom(err);
}

static int find_user(struct command *command, struct error *err)
{
	_cleanup_(closep) int root = -1;

	if (!command->options->user)
		return 0;
	root = open(options_base(command->options), O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return error_errno(err, "cannot open %s", options_base(command->options));
	return user_find(&command->user, root, command->options->user, err);
}

static void block_signals(struct command *command)
{
	const struct sigaction normal = {.sa_handler = SIG_DFL};
	sigset_t set;

	relay_signals(&set);
	pthread_sigmask(SIG_BLOCK, &set, &command->old_mask);
	sigaction(SIGCHLD, &normal, &command->old_child); /* ignored, there would be nobody to bury */
}

int command_start(struct command *command, const struct options *options, struct error *err)
{
	int fds[2], r;
	long pid;

	command->options = options;
	r = check_allowed(command, err);
	if (r == 0)
		r = find_cwd(command, err);
	if (r == 0)
		r = find_user(command, err);
	if (r == 0)
		r = find_words(command, err);
	if (r < 0)
		return r;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return error_errno(err, "cannot make a socket");
	block_signals(command);
	pid = options->in_place ? fork() : command_child_fork();
	if (pid == 0) {
		close(fds[0]);
		command->fd = fds[1];
		command_child_live(command);
	}
	close(fds[1]);
	command->fd = fds[0];
	if (pid < 0 && errno == EPERM)
		return refuse(command, err, -EPERM, "no namespaces may be made here");
	if (pid < 0)
		return error_errno(err, "cannot fork");
	command->relay.child = (pid_t)pid;
	return 0;
}

static int send_descriptor(int socket, int fd)
{
	char byte = '+';
	struct iovec data = {.iov_base = &byte, .iov_len = 1};
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {.header = {.cmsg_len = CMSG_LEN(sizeof(int)),
				.cmsg_level = SOL_SOCKET,
				.cmsg_type = SCM_RIGHTS}};
	struct msghdr message = {.msg_iov = &data,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control.space)};

	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	return sendmsg(socket, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int command_enter(struct command *command, int mount_fd, struct error *err)
{
	struct command_answer answer;
	int r = send_descriptor(command->fd, mount_fd);
	ssize_t n;

	if (r < 0)
		return error_code(err, r, "cannot speak to the child");
	do
		n = recv(command->fd, &answer, sizeof(answer), 0);
	while (n < 0 && errno == EINTR);
	if (n != sizeof(answer))
		return error_set(err, -EIO, "the child that was to run the command was killed");
	if (answer.code == -EPERM || answer.code == -EACCES)
		return refuse(command, err, answer.code, answer.message);
	return answer.code < 0 ? error_set(err, answer.code, "%s", answer.message) : 0;
}

int command_go(struct command *command, struct error *err)
{
	if (send(command->fd, "+", 1, MSG_NOSIGNAL) < 0)
		return error_errno(err, "the child that was to run the command is gone");
	command->going = true;
	return 0;
}

void command_describe(const struct command *command, struct session_start *start)
{
	start->command = command->words;
	start->cwd = command->cwd;
	start->uid = command->options->user ? command->user.uid : geteuid();
	start->gid = command->options->user ? command->user.gid : getegid();
}

bool command_signal(struct command *command, int signal_fd)
{
	struct signalfd_siginfo info;

	while (read(signal_fd, &info, sizeof(info)) == sizeof(info))
		relay_take(&command->relay, (int)info.ssi_signo, info.ssi_code,
			   (pid_t)info.ssi_pid);
	return command->relay.child == 0;
}

void command_stop(struct command *command)
{
	if (!command->going) {
		closep(&command->fd);
		command->fd = -1;
	}
	while (command->relay.child > 0 && waitpid(command->relay.child, NULL, 0) < 0 &&
	       errno == EINTR)
		;
	command->relay.child = 0;
	/* the first process takes all others along when it goes; they must not outlive the session */
	if (command->options->in_place && getpid() == 1) {
		kill(-1, SIGKILL);
		while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
			;
	}
}

int command_status(const struct command *command, struct error *err)
{
	struct command_answer answer;

	if (!command->going)
		return COMMAND_FAILED;
	if (recv(command->fd, &answer, sizeof(answer), MSG_DONTWAIT) != sizeof(answer))
		return command->relay.status;
	error_set(err, answer.code, "%s", answer.message);
	return answer.status;
}

void command_release(struct command *command)
{
	closep(&command->fd);
	user_release(&command->user);
	free(command->cwd);
	free(command->words);
}
