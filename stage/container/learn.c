// SPDX-License-Identifier: BSD-2-Clause
#include "stage/container/learn.h"

#include <errno.h>
#include <linux/capability.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "pack/elf/families.h"

#define BIT(capability) (UINT64_C(1) << (capability))

enum { STATE_MAX = 64 << 10, FILTERS_MAX = 64 };

char *learn_socket(const char *work)
{
	return path_join(work, "learn");
}

/* ---- the process that is asked ---- */

/* The runtime sends the filter's descriptor with a word about the container. */
static int receive(int connection)
{
	static char word[STATE_MAX];
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec part = {.iov_base = word, .iov_len = sizeof(word)};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control.bytes,
				 .msg_controllen = sizeof(control.bytes)};
	struct cmsghdr *header;
	int fd;

	if (recvmsg(connection, &message, MSG_CMSG_CLOEXEC) < 0)
		return -errno;
	header = CMSG_FIRSTHDR(&message);
	if (!header || header->cmsg_type != SCM_RIGHTS || header->cmsg_len != CMSG_LEN(sizeof(int)))
		return -EPROTO;
	memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

/* One for the container, one more for each further program that is started in it. */
struct filters {
	struct pollfd items[1 + FILTERS_MAX]; /* the first is the socket */
	bool began[1 + FILTERS_MAX];
	nfds_t count;
};

static void add(struct filters *filters)
{
	_cleanup_(closep) int connection = accept4(filters->items[0].fd, NULL, NULL, SOCK_CLOEXEC);
	int filter = connection < 0 ? -1 : receive(connection);

	if (filter < 0 || filters->count > FILTERS_MAX)
		_exit(1);
	filters->items[filters->count] = (struct pollfd){.fd = filter, .events = POLLIN};
	filters->began[filters->count++] = false;
}

/* What nobody has any more has its end; one that was killed meanwhile asks no more. */
static void answer(struct pollfd *filter, bool *began, struct learned *learned, struct seccomp_notif *asked,
		   struct seccomp_notif_resp *reply)
{
	if (!(filter->revents & POLLIN)) {
		close(filter->fd);
		filter->fd = -1;
		return;
	}
	memset(asked, 0, sizeof(*asked)); /* the kernel wants it so */
	if (seccomp_notify_receive(filter->fd, asked) < 0)
		return;
	learn_take(learned, began, asked);
	*reply = (struct seccomp_notif_resp){.id = asked->id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
	seccomp_notify_respond(filter->fd, reply);
}

static _Noreturn void listen_on(int socket, struct learned *learned)
{
	struct filters filters = {.items = {{.fd = socket, .events = POLLIN}}, .count = 1};
	struct seccomp_notif_resp *reply = NULL;
	struct seccomp_notif *asked = NULL;

	if (seccomp_notify_alloc(&asked, &reply) < 0)
		_exit(1);
	while (poll(filters.items, filters.count, -1) > 0 || errno == EINTR) {
		for (nfds_t i = 1; i < filters.count; i++)
			if (filters.items[i].revents)
				answer(&filters.items[i], &filters.began[i], learned, asked, reply);
		if (filters.items[0].revents)
			add(&filters);
	}
	_exit(1);
}

/* ---- */

static int open_socket(const char *work, int *ret_socket, struct error *err)
{
	_cleanup_(freep) char *path = learn_socket(work);
	_cleanup_(closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (!path)
		return error_oom(err);
	if (strlen(path) >= sizeof(address.sun_path))
		return error_set(err, -ENAMETOOLONG, "'%s' is too long for a socket", path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 1) < 0)
		return error_errno(err, "cannot listen on '%s'", path);
	*ret_socket = take_fd(&fd);
	return 0;
}

int learn_begin(const char *work, struct learned *learned, struct learner *ret_learner, struct error *err)
{
	_cleanup_(closep) int socket = -1;
	int r = open_socket(work, &socket, err);
	pid_t pid;

	if (r < 0)
		return r;
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return error_errno(err, "cannot fork");
	if (pid == 0) {
		sigset_t none;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, "sfc learn");
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		/* an interrupt from the terminal is for the program, which has to be answered until it ends */
		signal(SIGINT, SIG_IGN);
		signal(SIGQUIT, SIG_IGN);
		listen_on(socket, learned);
	}
	ret_learner->pid = pid;
	return 0;
}

/* What follows from all that was seen. */
static void conclude(struct learned *learned)
{
	const uint64_t of_files = BIT(CAP_DAC_OVERRIDE) | BIT(CAP_FOWNER) | BIT(CAP_FSETID);

	learned->capabilities |= learned->held & of_files;
	/* its calls have other names */
	if (learned->families & FAMILY_BIT(FAMILY_FOREIGN))
		learned->capabilities |= learned->held;
	/* numbers of a new user namespace, the root of another mount namespace */
	if (learned->families & FAMILY_BIT(FAMILY_NAMESPACES))
		learned->capabilities |= BIT(CAP_SETFCAP) | BIT(CAP_SYS_CHROOT) | BIT(CAP_SETUID) | BIT(CAP_SETGID);
}

void learn_end(struct learner *learner, struct learned *learned)
{
	if (learner->pid <= 0)
		return;
	kill(learner->pid, SIGKILL);
	waitpid(learner->pid, NULL, 0);
	learner->pid = 0;
	conclude(learned);
}
