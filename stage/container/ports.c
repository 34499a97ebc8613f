// SPDX-License-Identifier: BSD-2-Clause
#include "stage/container/ports.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <netdb.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/json.h"
#include "stage/container/spawn.h"

enum { BACKLOG = 1024, CONNECTIONS = 4096, REPLY_MAX = 4096, LISTEN_FD = 3 };

static uint16_t host_port(const struct spec_port *port)
{
	return port->host ? port->host : port->port;
}

/* --- systemd-socket-proxyd --- */

static const char *proxy_find(void)
{
	static const char *const paths[] = {"/usr/lib/systemd/systemd-socket-proxyd",
					    "/lib/systemd/systemd-socket-proxyd"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		if (access(paths[i], X_OK) == 0)
			return paths[i];
	return NULL;
}

static int listen_at(const struct spec_port *port, int *ret_fd, struct error *err)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICHOST};
	_cleanup_(closep) int fd = -1;
	struct addrinfo *found;
	char service[8];
	int one = 1, r = 0;

	snprintf(service, sizeof(service), "%u", host_port(port));
	/* without an address on all of them, of both kinds */
	if (!port->address)
		hints.ai_family = AF_INET6;
	if (getaddrinfo(port->address ? port->address : "::", service, &hints, &found) != 0)
		return error_set(err, -EINVAL, "'%s' is not an address", port->address);
	fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 && errno == EAFNOSUPPORT && !port->address) {
		struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(host_port(port))};

		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		r = fd < 0 ? -1 : bind(fd, (struct sockaddr *)&any, sizeof(any));
	} else {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		r = fd < 0 ? -1 : bind(fd, found->ai_addr, found->ai_addrlen);
	}
	freeaddrinfo(found);
	if (r < 0 || listen(fd, BACKLOG) < 0)
		return error_errno(err, "cannot publish port %u", host_port(port));
	*ret_fd = take_fd(&fd);
	return 0;
}

/* As systemd would start it: the socket is descriptor 3, and LISTEN_PID its own number. */
static _Noreturn void proxy_run(const char *program, int listener, int network, uint16_t port)
{
	char target[32], connections[40], pid[32];
	char *argv[] = {(char *)"systemd-socket-proxyd", connections, target, NULL};
	char *env[] = {(char *)"PATH=" SPAWN_PATH, (char *)"LISTEN_FDS=1", pid, NULL};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t mask;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(target, sizeof(target), "127.0.0.1:%u", port);
	snprintf(connections, sizeof(connections), "--connections-max=%d", CONNECTIONS);
	snprintf(pid, sizeof(pid), "LISTEN_PID=%d", (int)getpid());
	sigemptyset(&mask);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (setns(network, CLONE_NEWNET) < 0)
		_exit(126);
	for (int i = 0; i < LISTEN_FD; i++)
		if (dup2(null, i) < 0)
			_exit(126);
	/* dup2() onto itself would leave it to be closed */
	if (listener == LISTEN_FD ? fcntl(listener, F_SETFD, 0) < 0 : dup2(listener, LISTEN_FD) < 0)
		_exit(126);
	execve(program, argv, env);
	_exit(127);
}

static int publish_by_proxy(const struct spec_port *port, const char *program, int network,
			    pid_t *ret_helper, struct error *err)
{
	_cleanup_(closep) int listener = -1;
	int r = listen_at(port, &listener, err);
	pid_t pid;

	if (r < 0)
		return r;
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		proxy_run(program, listener, network, port->port);
	if (pid < 0)
		return error_errno(err, "cannot publish port %u", host_port(port));
	*ret_helper = pid;
	return 0;
}

/* --- slirp4netns --- */

static int slirp_ask(const char *path, const char *question, char reply[REPLY_MAX])
{
	_cleanup_(closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	ssize_t n;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	n = io_write(fd, question, strlen(question));
	if (n < 0)
		return (int)n;
	shutdown(fd, SHUT_WR);
	n = io_read(fd, reply, REPLY_MAX - 1);
	reply[n > 0 ? n : 0] = '\0';
	return n < 0 ? (int)n : 0;
}

static int publish_by_slirp(const struct spec_port *port, const char *path, struct error *err)
{
	_cleanup_(freep) char *question = NULL;
	char reply[REPLY_MAX];
	json_t *answer, *ask;
	int r;

	ask = json_pack("{s:s, s:{s:s, s:s, s:i, s:i}}", "execute", "add_hostfwd", "arguments",
			"proto", port->udp ? "udp" : "tcp", "host_addr",
			port->address ? port->address : "0.0.0.0", "host_port", host_port(port),
			"guest_port", port->port);
	question = json_dumps(ask, JSON_COMPACT);
	json_decref(ask);
	if (!question)
		return error_oom(err);
	r = slirp_ask(path, question, reply);
	if (r < 0)
		return error_code(err, r, "cannot publish port %u", host_port(port));
	answer = json_loads(reply, 0, NULL);
	if (!json_object_get(answer, "return"))
		r = error_set(err, -EADDRINUSE, "cannot publish port %u: %s", host_port(port),
			      json_object_get(answer, "error")
				      ? "it is in use, or not ours to take"
				      : "slirp4netns does not answer");
	json_decref(answer);
	return r;
}

int port_publish(const struct spec_port *port, int network, const char *slirp, pid_t *ret_helper,
		 struct error *err)
{
	const char *proxy = port->udp ? NULL : proxy_find();

	return proxy ? publish_by_proxy(port, proxy, network, ret_helper, err)
		     : publish_by_slirp(port, slirp, err);
}
