// SPDX-License-Identifier: BSD-2-Clause
#include "stage/container/network.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/clock.h"
#include "db/base/path.h"
#include "stage/container/ports.h"
#include "stage/container/slirp.h"
#include "stage/container/spawn.h"
#include "stage/mount/namespace.h"

/* So often in so long, and what ends is given up. */
enum { MENDS_MOST = 5, MENDS_MS = 60000 };

const char *network_resolver(const struct network *network)
{
	return network->names == NETWORK_PRIVATE ? "nameserver " SLIRP_RESOLVER "\n" : NULL;
}

bool network_has_host_names(const struct network *network)
{
	return network->names == NETWORK_HOST || network->names == NETWORK_PATH;
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

/* --- one that is there --- */

static int open_named(const char *path, int *ret_fd, struct error *err)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return error_errno(err, "cannot open the network namespace '%s'", path);
	if (ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET)
		return error_set(err, -EINVAL, "'%s' is not a network namespace", path);
	*ret_fd = take_fd(&fd);
	return 0;
}

static bool is_the_same(int fd, const char *path)
{
	struct stat one, other;

	return fstat(fd, &one) == 0 && stat(path, &other) == 0 && one.st_ino == other.st_ino &&
	       one.st_dev == other.st_dev;
}

/* The kernel knows who may; what is opened may be another's all the same. */
static int try_to_enter(void *data, struct error *err)
{
	const int *fd = data;

	(void)err;
	return setns(*fd, CLONE_NEWNET) < 0 ? -errno : 0;
}

/* The host's is where we are, and a plain user may not enter it. */
static int open_path(const char *path, int *ret_fd, struct error *err)
{
	_cleanup_(closep) int fd = -1;
	int r = open_named(path, &fd, err);

	if (r < 0 || is_the_same(fd, "/proc/self/ns/net"))
		return r;
	if (namespace_aside(try_to_enter, &fd, sizeof(fd), NULL) < 0)
		return error_set(err, -EPERM,
				 "the network namespace '%s' is not yours to enter: a plain user has his own, and "
				 "that of an instance of his",
				 path);
	*ret_fd = take_fd(&fd);
	return 0;
}

struct bare {
	int namespace;
	bool it_is;
};

/* Nothing is in it but what we make. */
static int look_inside(void *data, struct error *err)
{
	struct bare *bare = data;
	struct if_nameindex *list;

	if (setns(bare->namespace, CLONE_NEWNET) < 0)
		return error_errno(err, "cannot enter the container's network");
	list = if_nameindex();
	bare->it_is = list != NULL;
	for (const struct if_nameindex *one = list; one && one->if_name; one++)
		bare->it_is &= strcmp(one->if_name, "lo") == 0 || strcmp(one->if_name, SLIRP_DEVICE) == 0;
	if_freenameindex(list);
	return 0;
}

/* One that was ours, and is not the host's or an operator's by now. */
static bool open_again(const char *path, int *ret_fd)
{
	struct bare bare = {.namespace = -1};

	if (open_named(path, &bare.namespace, NULL) < 0)
		return false;
	if (!is_the_same(bare.namespace, "/proc/self/ns/net") &&
	    namespace_aside(look_inside, &bare, sizeof(bare), NULL) == 0 && bare.it_is) {
		*ret_fd = bare.namespace;
		return true;
	}
	close(bare.namespace);
	return false;
}

/* --- who forwards for it --- */

static int add_helper(struct network *network, pid_t pid, int port, struct error *err)
{
	struct network_helper helper = {.pid = pid, .port = port};
	struct epoll_event event = {.events = EPOLLIN};

	helper.pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (network->watch < 0)
		network->watch = epoll_create1(EPOLL_CLOEXEC);
	if (array_push(&network->helpers, helper) < 0)
		return error_oom(err);
	if (helper.pidfd < 0 || epoll_ctl(network->watch, EPOLL_CTL_ADD, helper.pidfd, &event) < 0)
		return error_errno(err, "cannot watch who forwards");
	return 0;
}

static void end_helper(struct network *network, size_t i)
{
	struct network_helper *helper = &network->helpers.items[i];

	kill(helper->pid, SIGKILL);
	spawn_wait(helper->pid);
	closep(&helper->pidfd);
	*helper = network->helpers.items[--network->helpers.count];
}

static int start_slirp(struct network *network, struct error *err)
{
	pid_t pid;
	int r = slirp_start(network->namespace, network->socket, &pid, &network->exit, err);

	return r < 0 ? r : add_helper(network, pid, -1, err);
}

/* Who asked by which is not kept apart. */
static int check_twice(const struct spec *spec, size_t i, struct error *err)
{
	const struct spec_port *port = &spec->ports.items[i];

	for (size_t n = 0; port->udp && n < i; n++) {
		const struct spec_port *other = &spec->ports.items[n];

		if (other->udp && other->port == port->port)
			return error_set(err, -EINVAL,
					 "cannot publish ports %u and %u of UDP both for %u: slirp4netns answers by "
					 "one of them alone",
					 port_of_host(other), port_of_host(port), port->port);
	}
	return 0;
}

static int open_private(struct network *network, const struct spec *spec, const char *work, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < spec->ports.count; i++)
		r = port_check(&spec->ports.items[i], err);
	for (size_t i = 0; r == 0 && i < spec->ports.count; i++)
		r = check_twice(spec, i, err);
	if (r < 0)
		return r;
	network->socket = path_join(work, "slirp");
	if (!network->socket || array_reserve(&network->ports, spec->ports.count) < 0)
		return error_oom(err);
	for (size_t i = 0; i < spec->ports.count; i++) {
		struct network_port port = {.asked = spec->ports.items[i]};

		if (port.asked.address && !(port.asked.address = strdup(port.asked.address)))
			return error_oom(err);
		network->ports.items[network->ports.count++] = port;
	}
	return start_slirp(network, err);
}

/* --- the life of one --- */

static enum spec_network kind_of(const struct spec *spec)
{
	if (spec->network != NETWORK_UNSET)
		return spec->network;
	return spec->ports.count ? NETWORK_PRIVATE : NETWORK_HOST;
}

int network_open(const struct spec *spec, const char *work, const char *again, struct network *ret_network,
		 struct error *err)
{
	struct network network = NETWORK_INIT;
	int r = 0;

	network.kind = network.names = kind_of(spec);
	if (network.kind == NETWORK_PATH && spec->network_of)
		network.names = spec->network_of;
	if (spec->ports.count && network.kind != NETWORK_PRIVATE)
		return error_set(err, -EINVAL, "ports are published from a private network only");
	if (network.kind == NETWORK_INSTANCE)
		return error_set(err, -EINVAL, "the network of '%s' cannot be had here",
				 spec->network_name);
	if (network.kind == NETWORK_PATH)
		r = open_path(spec->network_name, &network.namespace, err);
	else if (network.kind != NETWORK_HOST && (!again || !open_again(again, &network.namespace)))
		r = namespace_aside(make_inside, &network.namespace, sizeof(network.namespace), err);
	if (r == 0 && network.kind == NETWORK_PRIVATE)
		r = open_private(&network, spec, work, err);
	if (r < 0)
		network_release(&network);
	else
		*ret_network = network;
	return r;
}

static int publish(struct network *network, size_t i, struct error *err)
{
	pid_t helper = 0;
	int r = port_publish(&network->ports.items[i].asked, network->namespace, network->socket, &helper, err);

	network->ports.items[i].up = r == 0;
	return r == 0 && helper ? add_helper(network, helper, (int)i, err) : r;
}

int network_publish(struct network *network, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < network->ports.count; i++)
		if (!network->ports.items[i].up)
			r = publish(network, i, err);
	return r;
}

int network_enter(const struct network *network, struct error *err)
{
	/* a user may not enter the host's, where he is */
	if (network->namespace >= 0 && !is_the_same(network->namespace, "/proc/self/ns/net") &&
	    setns(network->namespace, CLONE_NEWNET) < 0)
		return error_errno(err, "cannot enter the container's network");
	return 0;
}

/* --- mending --- */

int network_watch(const struct network *network)
{
	return network->watch;
}

static bool has_ended(const struct network_helper *helper)
{
	struct pollfd ended = {.fd = helper->pidfd, .events = POLLIN};

	return poll(&ended, 1, 0) == 1;
}

static bool has_helper(const struct network *network, size_t port)
{
	for (size_t i = 0; i < network->helpers.count; i++)
		if (network->helpers.items[i].port == (int)port)
			return true;
	return false;
}

/* What it was is in `said`. true: slirp4netns, whose ports have gone with it. */
static bool bury(struct network *network, size_t i, struct text *said)
{
	int port = network->helpers.items[i].port;

	for (size_t n = 0; n < network->ports.count; n++)
		if (port < 0 ? !has_helper(network, n) : (int)n == port)
			network->ports.items[n].up = false;
	end_helper(network, i);
	text_add(said, said->size ? ", " : "");
	if (port < 0)
		text_add(said, "slirp4netns");
	else
		text_printf(said, "what forwards port %u", port_of_host(&network->ports.items[port].asked));
	return port < 0;
}

static bool has_patience(struct network *network)
{
	int64_t now = clock_steady_ms();

	if (now - network->mended_ms > MENDS_MS)
		network->mends = 0;
	network->mended_ms = now;
	return network->mends++ < MENDS_MOST;
}

int network_mend(struct network *network, struct text *said, struct error *err)
{
	bool slirp = false;
	int r = 0;

	for (size_t i = network->helpers.count; i-- > 0;)
		if (has_ended(&network->helpers.items[i]))
			slirp |= bury(network, i, said);
	if (!has_patience(network))
		r = error_set(err, -EIO, "%s ends again and again", said->size ? said->bytes : "what forwards");
	if (r == 0 && slirp) {
		closep(&network->exit);
		network->exit = -1;
		unlink(network->socket);
		r = start_slirp(network, err);
	}
	if (r == 0)
		r = network_publish(network, err);
	if (r < 0) {
		closep(&network->watch);
		network->watch = -1;
	}
	return r;
}

/* --- its end --- */

void network_leave(struct network *network)
{
	for (size_t i = 0; i < network->helpers.count; i++)
		closep(&network->helpers.items[i].pidfd);
	for (size_t i = 0; i < network->ports.count; i++)
		free(network->ports.items[i].asked.address);
	array_release(&network->helpers);
	array_release(&network->ports);
	closep(&network->watch);
	closep(&network->namespace);
	free(network->socket);
	*network = (struct network)NETWORK_INIT;
}

void network_release(struct network *network)
{
	closep(&network->exit);
	while (network->helpers.count)
		end_helper(network, network->helpers.count - 1);
	network_leave(network);
}
