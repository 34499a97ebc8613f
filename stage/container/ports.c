// SPDX-License-Identifier: BSD-2-Clause
#include "stage/container/ports.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "stage/container/slirp.h"
#include "stage/container/spawn.h"

enum { BACKLOG = 1024, CONNECTIONS = 4096, LISTEN_FD = 3 };

uint16_t port_of_host(const struct spec_port *port)
{
	return port->host ? port->host : port->port;
}

/* --- the host's side --- */

/* Without an address all of them, of both kinds where the machine has both. */
static int bind_at(const struct spec_port *port, int family, int type, int *ret_fd)
{
	_cleanup_(closep) int fd = socket(family, type | SOCK_CLOEXEC, 0);
	struct sockaddr_in ip4 = {.sin_family = AF_INET, .sin_port = htons(port_of_host(port))};
	struct sockaddr_in6 ip6 = {.sin6_family = AF_INET6, .sin6_port = htons(port_of_host(port))};
	int one = 1, only = port->address != NULL;

	if (fd < 0)
		return -errno;
	if (port->address)
		inet_pton(family, port->address,
			  family == AF_INET ? (void *)&ip4.sin_addr : (void *)&ip6.sin6_addr);
	if (type == SOCK_STREAM)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only));
	if (bind(fd, family == AF_INET ? (struct sockaddr *)&ip4 : (struct sockaddr *)&ip6,
		 family == AF_INET ? sizeof(ip4) : sizeof(ip6)) < 0)
		return -errno;
	*ret_fd = take_fd(&fd);
	return 0;
}

static bool is_ip6(const struct spec_port *port)
{
	return port->address && strchr(port->address, ':');
}

static int take_port(const struct spec_port *port, int type, int *ret_fd)
{
	int r;

	if (port->address || type == SOCK_DGRAM)
		return bind_at(port, is_ip6(port) ? AF_INET6 : AF_INET, type, ret_fd);
	r = bind_at(port, AF_INET6, type, ret_fd);
	return r == -EAFNOSUPPORT ? bind_at(port, AF_INET, type, ret_fd) : r;
}

bool port_is_free(const struct spec_port *port)
{
	_cleanup_(closep) int fd = -1;

	return take_port(port, port->udp ? SOCK_DGRAM : SOCK_STREAM, &fd) == 0;
}

static long first_free(void)
{
	_cleanup_(closep) int fd = open("/proc/sys/net/ipv4/ip_unprivileged_port_start", O_RDONLY | O_CLOEXEC);
	char text[16] = "";

	return fd >= 0 && io_read(fd, text, sizeof(text) - 1) > 0 ? strtol(text, NULL, 10) : 1024;
}

static int not_taken(const struct spec_port *port, int code, struct error *err)
{
	if (code == -EACCES)
		return error_set(err, -EPERM,
				 "cannot publish port %u: only root takes one below %ld "
				 "(sysctl net.ipv4.ip_unprivileged_port_start)",
				 port_of_host(port), first_free());
	return error_code(err, code, "cannot publish port %u", port_of_host(port));
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

/* As systemd would start it: the socket is descriptor 3, and LISTEN_PID its own number. */
static _Noreturn void proxy_run(const char *program, int listener, int network, uint16_t port)
{
	char target[32], connections[40], pid[32];
	char *argv[] = {(char *)"systemd-socket-proxyd", connections, target, NULL};
	char *env[] = {(char *)"PATH=" SPAWN_PATH, (char *)"LISTEN_FDS=1", pid, NULL};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t mask;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(target, sizeof(target), SLIRP_ADDRESS ":%u", port);
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

int port_can_hold(struct error *err)
{
	return proxy_find() ? 0
			    : error_set(err, -ENOENT,
					"--on-demand needs systemd-socket-proxyd, which is not here; install it (Debian: "
					"apt-get install systemd)");
}

int port_hold(const struct spec_port *port, int *ret_listener, struct error *err)
{
	_cleanup_(closep) int listener = -1;
	int r = take_port(port, SOCK_STREAM, &listener);

	if (r == 0 && listen(listener, BACKLOG) < 0)
		r = -errno;
	if (r < 0)
		return not_taken(port, r, err);
	*ret_listener = take_fd(&listener);
	return 0;
}

int port_forward(int listener, int network, uint16_t port, pid_t *ret_pid, struct error *err)
{
	const char *program = proxy_find();
	pid_t pid;

	if (!program)
		return port_can_hold(err);
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		proxy_run(program, listener, network, port);
	if (pid < 0)
		return error_errno(err, "cannot forward to port %u", port);
	*ret_pid = pid;
	return 0;
}

static int publish_by_proxy(const struct spec_port *port, int network, pid_t *ret_helper, struct error *err)
{
	_cleanup_(closep) int listener = -1;
	int r = port_hold(port, &listener, err);

	return r < 0 ? r : port_forward(listener, network, port->port, ret_helper, err);
}

/* --- either --- */

int port_check(const struct spec_port *port, struct error *err)
{
	if (port->udp && is_ip6(port))
		return error_set(err, -EINVAL,
				 "cannot publish [%s]:%u/udp: slirp4netns forwards UDP of IPv4 alone",
				 port->address, port_of_host(port));
	if (port->udp && port->address && strncmp(port->address, "127.", 4) == 0)
		return error_set(err, -EINVAL,
				 "cannot publish %s:%u/udp: slirp4netns brings no answer to the host's loopback; "
				 "give another address of this machine, or none",
				 port->address, port_of_host(port));
	if (is_ip6(port) && !proxy_find())
		return error_set(err, -EINVAL,
				 "cannot publish [%s]:%u: IPv6 needs systemd-socket-proxyd, which is not here; "
				 "install it (Debian: apt-get install systemd)",
				 port->address, port_of_host(port));
	return 0;
}

int port_publish(const struct spec_port *port, int network, const char *slirp, pid_t *ret_helper,
		 struct error *err)
{
	const char *proxy = port->udp ? NULL : proxy_find();
	_cleanup_(closep) int fd = -1;
	int r, why;

	if (proxy)
		return publish_by_proxy(port, network, ret_helper, err);
	r = slirp_publish(slirp, port, err);
	/* the kernel says why, where it is the port */
	why = r == -EIO ? take_port(port, port->udp ? SOCK_DGRAM : SOCK_STREAM, &fd) : 0;
	return why < 0 ? not_taken(port, why, err) : r;
}
