// SPDX-License-Identifier: BSD-2-Clause
#include "stage/container/network.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "stage/container/ports.h"
#include "stage/container/spawn.h"
#include "stage/mount/namespace.h"

enum { READY_MS = 20000 };

const char *network_resolver(const struct network *network)
{
	return network->kind == NETWORK_PRIVATE ? "nameserver 10.0.2.3\n" : NULL;
}

/* --- one of its own --- */

static int bring_up_loopback(struct error *err)
{
	_cleanup_(closep) int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		return error_errno(err, "cannot bring up the loopback");
	return 0;
}

static int make_inside(void *data, struct error *err)
{
	int *ret_fd = data, fd;

	if (unshare(CLONE_NEWNET) < 0)
		return error_errno(err, "cannot make a network namespace");
	fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, "cannot make a network namespace");
	*ret_fd = fd;
	return bring_up_loopback(err);
}

/* --- slirp4netns --- */

static int wait_ready(int ready, int errors, struct error *err)
{
	struct pollfd waiting = {.fd = ready, .events = POLLIN};
	char text[512] = "";
	ssize_t n;

	if (poll(&waiting, 1, READY_MS) == 1 && read(ready, text, 1) == 1)
		return 0;
	n = read(errors, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return error_set(err, -EIO, "slirp4netns did not start%s%s", *text ? ": " : "", text);
}

static int start_slirp(struct network *network, const char *program, struct error *err)
{
	const char *const argv[] = {"slirp4netns", "--configure", "--mtu=65520",
				    "--disable-host-loopback", "--enable-sandbox", "--enable-seccomp",
				    "--netns-type=path", "-a", network->socket, "-r", "3", "-e", "4",
				    "/proc/self/fd/5", "tap0", NULL};
	int ready[2] = {-1, -1}, ends[2] = {-1, -1}, errors[2] = {-1, -1}, r = 0;
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC) < 0 || pipe2(ends, O_CLOEXEC) < 0 ||
	    pipe2(errors, O_CLOEXEC | O_NONBLOCK) < 0)
		r = error_errno(err, "cannot make a pipe");
	if (r == 0) {
		const int fds[] = {-1, -1, errors[1], ready[1], ends[0], network->namespace};

		r = spawn(program, argv, NULL, fds, 6, &pid, err);
	}
	closep(&ready[1]);
	closep(&ends[0]);
	closep(&errors[1]);
	if (r == 0 && array_push(&network->helpers, pid) < 0)
		r = error_oom(err);
	if (r == 0)
		r = wait_ready(ready[0], errors[0], err);
	closep(&ready[0]);
	closep(&errors[0]);
	network->exit = ends[1];
	return r;
}

static int open_private(struct network *network, const char *work, struct error *err)
{
	_cleanup_(freep) char *program = spawn_find("slirp4netns");

	if (!program)
		return error_set(err, -ENOENT, "a private network needs slirp4netns, which is not here; "
					       "install it (Debian: apt-get install slirp4netns)");
	network->socket = path_join(work, "slirp");
	if (!network->socket)
		return error_oom(err);
	return start_slirp(network, program, err);
}

/* --- one that somebody made --- */

static int open_named(struct network *network, const char *path, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return error_errno(err, "cannot open the network namespace '%s'", path);
	network->namespace = fd;
	if (ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET)
		return error_set(err, -EINVAL, "'%s' is not a network namespace", path);
	return 0;
}

int network_open(const struct spec *spec, const char *work, struct network *ret_network,
		 struct error *err)
{
	struct network network = {.kind = spec->network, .namespace = -1, .exit = -1};
	int r = 0;

	if (network.kind == NETWORK_UNSET)
		network.kind = spec->ports.count ? NETWORK_PRIVATE : NETWORK_HOST;
	if (spec->ports.count && network.kind != NETWORK_PRIVATE)
		return error_set(err, -EINVAL, "ports are published from a private network only");
	if (network.kind == NETWORK_INSTANCE)
		return error_set(err, -EINVAL, "the network of '%s' cannot be had here",
				 spec->network_name);
	if (network.kind == NETWORK_PATH)
		r = open_named(&network, spec->network_name, err);
	else if (network.kind != NETWORK_HOST)
		r = namespace_aside(make_inside, &network.namespace, sizeof(network.namespace), err);
	if (r == 0 && network.kind == NETWORK_PRIVATE)
		r = open_private(&network, work, err);
	if (r < 0)
		network_release(&network);
	else
		*ret_network = network;
	return r;
}

int network_publish(struct network *network, const struct spec *spec, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < spec->ports.count; i++) {
		pid_t helper = 0;

		r = port_publish(&spec->ports.items[i], network->namespace, network->socket, &helper,
				 err);
		if (r == 0 && helper && array_push(&network->helpers, helper) < 0)
			r = error_oom(err);
	}
	return r;
}

/* A user may not enter the host's, where he is. */
static bool is_where_we_are(int namespace)
{
	struct stat theirs, ours;

	return fstat(namespace, &theirs) == 0 && stat("/proc/self/ns/net", &ours) == 0 && theirs.st_ino == ours.st_ino;
}

int network_enter(const struct network *network, struct error *err)
{
	if (network->namespace >= 0 && !is_where_we_are(network->namespace) && setns(network->namespace, CLONE_NEWNET) < 0)
		return error_errno(err, "cannot enter the container's network");
	return 0;
}

void network_release(struct network *network)
{
	closep(&network->exit);
	for (size_t i = 0; i < network->helpers.count; i++) {
		kill(network->helpers.items[i], SIGKILL);
		spawn_wait(network->helpers.items[i]);
	}
	array_release(&network->helpers);
	closep(&network->namespace);
	free(network->socket);
	*network = (struct network){.namespace = -1, .exit = -1};
}
