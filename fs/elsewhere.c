// SPDX-License-Identifier: BSD-2-Clause
#include "fs/elsewhere.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/base/cleanup.h"

/* Of the process, or -1 with errno 0 where we are in the same. */
static int open_other(pid_t pid, const char *kind)
{
	_cleanup_(closep) int fd = -1;
	struct stat theirs, ours;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/ns/%s", kind);
	if (stat(path, &ours) < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, kind);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &theirs) < 0)
		return -1;
	errno = 0;
	return theirs.st_ino == ours.st_ino ? -1 : take_fd(&fd);
}

int elsewhere_open(struct elsewhere *ns, pid_t pid, struct error *err)
{
	uid_t owner;

	*ns = (struct elsewhere)ELSEWHERE_NONE;
	ns->pid_fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (ns->pid_fd < 0)
		return error_errno(err, "namespace=%d: no such process", (int)pid);
	ns->user_fd = open_other(pid, "user");
	if (ns->user_fd < 0 && errno)
		return error_errno(err, "namespace=%d: cannot open its user namespace", (int)pid);
	ns->mnt_fd = open_other(pid, "mnt");
	if (ns->mnt_fd < 0 && errno)
		return error_errno(err, "namespace=%d: cannot open its mount namespace", (int)pid);
	if (ns->user_fd >= 0 && geteuid() != 0 &&
	    (ioctl(ns->user_fd, NS_GET_OWNER_UID, &owner) < 0 || owner != geteuid()))
		return error_set(err, -EPERM, "namespace=%d: that user namespace is not yours",
				 (int)pid);
	ns->pid = pid;
	return 0;
}

void elsewhere_release(struct elsewhere *ns)
{
	closep(&ns->pid_fd);
	closep(&ns->user_fd);
	closep(&ns->mnt_fd);
	*ns = (struct elsewhere)ELSEWHERE_NONE;
}

/* What both sides see. */
struct shared {
	int result;
	bool done;
	struct error err;
	char data[] __attribute__((aligned(16)));
};

union rights {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(ELSEWHERE_FDS * sizeof(int))];
};

static int fds_send(int socket, const int fds[ELSEWHERE_FDS])
{
	union rights rights = {.bytes = ""};
	char byte = '+';
	struct iovec one = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {.msg_iov = &one, .msg_iovlen = 1};
	size_t count = 0;

	while (count < ELSEWHERE_FDS && fds[count] >= 0)
		count++;
	if (count == 0)
		return 0;
	message.msg_control = &rights;
	message.msg_controllen = CMSG_SPACE(count * sizeof(int));
	rights.header = (struct cmsghdr){.cmsg_level = SOL_SOCKET,
					 .cmsg_type = SCM_RIGHTS,
					 .cmsg_len = CMSG_LEN(count * sizeof(int))};
	memcpy(CMSG_DATA(&rights.header), fds, count * sizeof(int));
	return sendmsg(socket, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static void fds_receive(int socket, int fds[ELSEWHERE_FDS])
{
	union rights rights;
	char byte;
	struct iovec one = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {.msg_iov = &one,
				 .msg_iovlen = 1,
				 .msg_control = &rights,
				 .msg_controllen = sizeof(rights)};
	const struct cmsghdr *header;

	if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) <= 0)
		return;
	header = CMSG_FIRSTHDR(&message);
	if (header && header->cmsg_type == SCM_RIGHTS &&
	    header->cmsg_len <= CMSG_LEN(ELSEWHERE_FDS * sizeof(int)))
		memcpy(fds, CMSG_DATA(header), header->cmsg_len - CMSG_LEN(0));
}

/* The user namespace comes first: it is what gives the right to the other. */
static int enter(const struct elsewhere *ns, struct error *err)
{
	if ((ns->user_fd >= 0 && setns(ns->user_fd, CLONE_NEWUSER) < 0) ||
	    (ns->mnt_fd >= 0 && setns(ns->mnt_fd, CLONE_NEWNS) < 0))
		return error_errno(err, "cannot join the namespaces of process %d", (int)ns->pid);
	return 0;
}

static void child(const struct elsewhere *ns, elsewhere_work *task, struct shared *shared, int socket)
{
	int fds[ELSEWHERE_FDS] = {-1, -1};

	shared->result = enter(ns, &shared->err);
	if (shared->result == 0)
		shared->result = task(shared->data, fds, &shared->err);
	if (shared->result == 0)
		shared->result = fds_send(socket, fds);
	shared->done = true;
	_exit(0);
}

static int call(const struct elsewhere *ns, elsewhere_work *task, struct shared *shared,
		int fds[ELSEWHERE_FDS], struct error *err)
{
	int sockets[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0)
		return error_errno(err, "cannot make a socket");
	pid = fork();
	if (pid == 0)
		child(ns, task, shared, sockets[1]);
	close(sockets[1]);
	if (pid < 0) {
		close(sockets[0]);
		return error_errno(err, "cannot fork");
	}
	fds_receive(sockets[0], fds);
	close(sockets[0]);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (!shared->done)
		return error_set(err, -EIO, "what was to be done in the namespaces of process %d "
					    "broke off", (int)ns->pid);
	if (shared->result < 0 && err)
		*err = shared->err;
	return shared->result;
}

int elsewhere_call(const struct elsewhere *ns, elsewhere_work *task, void *data, size_t size,
		   int fds[ELSEWHERE_FDS], struct error *err)
{
	int none[ELSEWHERE_FDS] = {-1, -1};
	struct shared *shared;
	int r;

	for (size_t i = 0; fds && i < ELSEWHERE_FDS; i++)
		fds[i] = -1;
	if (!ns || ns->pid == 0)
		return task(data, fds ? fds : none, err);
	shared = mmap(NULL, sizeof(*shared) + size, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return error_oom(err);
	shared->err = (struct error)ERROR_INIT;
	memcpy(shared->data, data, size);
	r = call(ns, task, shared, fds ? fds : none, err);
	memcpy(data, shared->data, size);
	munmap(shared, sizeof(*shared) + size);
	return r;
}
