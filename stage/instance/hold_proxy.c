// SPDX-License-Identifier: BSD-2-Clause
#include "stage/instance/hold_proxy.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/base/cleanup.h"

static int number_of(int fd, int option)
{
	socklen_t size = sizeof(int);
	int number;

	return getsockopt(fd, SOL_SOCKET, option, &number, &size) == 0 ? number : -1;
}

/* A client's end: of TCP, taken from a listener, at our port; what it made itself goes to the instance. */
static bool is_connection(int fd, uint16_t port)
{
	union {
		struct sockaddr any;
		struct sockaddr_in ip4;
		struct sockaddr_in6 ip6;
	} at;
	socklen_t size = sizeof(at);

	if (number_of(fd, SO_PROTOCOL) != IPPROTO_TCP || number_of(fd, SO_ACCEPTCONN) != 0 ||
	    getsockname(fd, &at.any, &size) < 0)
		return false;
	return ntohs(at.any.sa_family == AF_INET6 ? at.ip6.sin6_port : at.ip4.sin_port) == port;
}

int hold_proxy_connections(pid_t pid, uint16_t port)
{
	_cleanup_(closep) int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	_cleanup_(closedirp) DIR *dir = NULL;
	struct dirent *item;
	char path[32];
	int count = 0;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = pidfd >= 0 ? opendir(path) : NULL;
	if (!dir)
		return -1;
	while ((item = readdir(dir))) {
		_cleanup_(closep) int fd = -1;

		if (item->d_name[0] == '.')
			continue;
		fd = (int)syscall(SYS_pidfd_getfd, pidfd, atoi(item->d_name), 0);
		/* closed meanwhile; anything else would make a busy one an idle one */
		if (fd < 0 && errno != EBADF)
			return -1;
		count += fd >= 0 && is_connection(fd, port);
	}
	return count;
}

/* Nothing is taken by one that stands still. */
static bool stands_still(pid_t pid)
{
	siginfo_t info = {.si_code = 0};

	return kill(pid, SIGSTOP) == 0 && waitid(P_PID, (id_t)pid, &info, WSTOPPED | WEXITED | WNOWAIT) == 0 &&
	       info.si_code == CLD_STOPPED;
}

bool hold_proxy_end(pid_t pid, uint16_t port, bool idle)
{
	if (idle && stands_still(pid) && hold_proxy_connections(pid, port) != 0) {
		kill(pid, SIGCONT);
		return false;
	}
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return true;
}
