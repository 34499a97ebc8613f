// SPDX-License-Identifier: BSD-2-Clause
/* The network: one device with one address, by what ip= says or by DHCP, which is asked again in time. */
#include "pack/guest/guest.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <net/if.h>
#include <net/route.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "pack/guest/dhcp.h"

enum { ASK_MS = 15000, RENEW_MS = 5000, AGAIN_S = 60, FIELDS = 9 };

/* ip=CLIENT:SERVER:ROUTER:MASK:HOSTNAME:DEVICE:HOW:DNS0:DNS1 */
enum field { FIELD_CLIENT, FIELD_SERVER, FIELD_ROUTER, FIELD_MASK, FIELD_HOSTNAME, FIELD_DEVICE, FIELD_HOW, FIELD_DNS };

static struct {
	char device[IFNAMSIZ];
	unsigned char hardware[6];
	const char *hostname;
	struct lease lease;
	int timer;
} net = {.timer = -1};

/* ---- the device ---- */

static int device_ioctl(unsigned long request, struct ifreq *ifreq)
{
	_cleanup_(closep) int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd < 0 || ioctl(fd, request, ifreq) < 0 ? -errno : 0;
}

static void name_device(struct ifreq *ifreq, const char *device)
{
	memset(ifreq, 0, sizeof(*ifreq));
	snprintf(ifreq->ifr_name, sizeof(ifreq->ifr_name), "%s", device);
}

static int bring_up(const char *device)
{
	struct ifreq ifreq;
	int r;

	name_device(&ifreq, device);
	r = device_ioctl(SIOCGIFFLAGS, &ifreq);
	ifreq.ifr_flags |= IFF_UP;
	return r < 0 ? r : device_ioctl(SIOCSIFFLAGS, &ifreq);
}

/* The first by name that is more than a name of the kernel's. */
static bool find_device(char *ret_device)
{
	_cleanup_(closedirp) DIR *dir = opendir("/sys/class/net");
	const struct dirent *item;
	char path[300];

	ret_device[0] = '\0';
	while (dir && (item = readdir(dir))) {
		snprintf(path, sizeof(path), "/sys/class/net/%s/device", item->d_name);
		if (item->d_name[0] != '.' && access(path, F_OK) == 0 && strlen(item->d_name) < IFNAMSIZ &&
		    (!*ret_device || strcmp(item->d_name, ret_device) < 0))
			strcpy(ret_device, item->d_name);
	}
	return *ret_device;
}

static int set_address(unsigned long request, in_addr_t address)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = address};
	struct ifreq ifreq;

	name_device(&ifreq, net.device);
	memcpy(&ifreq.ifr_addr, &in, sizeof(in));
	return device_ioctl(request, &ifreq);
}

static int set_router(in_addr_t router)
{
	_cleanup_(closep) int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in any = {.sin_family = AF_INET}, in = {.sin_family = AF_INET, .sin_addr.s_addr = router};
	struct rtentry route = {.rt_flags = RTF_UP | RTF_GATEWAY, .rt_dev = net.device};

	memcpy(&route.rt_dst, &any, sizeof(any));
	memcpy(&route.rt_genmask, &any, sizeof(any));
	memcpy(&route.rt_gateway, &in, sizeof(in));
	return fd < 0 || (ioctl(fd, SIOCADDRT, &route) < 0 && errno != EEXIST) ? -errno : 0;
}

static int configure(const struct lease *lease)
{
	int r = set_address(SIOCSIFADDR, lease->address);

	if (r == 0 && lease->mask)
		r = set_address(SIOCSIFNETMASK, lease->mask);
	return r == 0 && lease->router ? set_router(lease->router) : r;
}

/* ---- who says what it is ---- */

/* "a:b::c" into fields; what is not said is "". */
static void split(char *rest, char *fields[FIELDS])
{
	for (size_t i = 0; i < FIELDS; i++)
		fields[i] = rest ? strsep(&rest, ":") : (char *)"";
}

/* By hand: false where an address is none. */
static bool read_fields(char *const fields[FIELDS], struct lease *lease)
{
	const struct {
		const char *text;
		in_addr_t *address;
	} wanted[] = {
		{fields[FIELD_CLIENT], &lease->address},
		{fields[FIELD_ROUTER], &lease->router},
		{fields[FIELD_MASK], &lease->mask},
		{fields[FIELD_DNS], &lease->nameservers[0]},
		{fields[FIELD_DNS + 1], &lease->nameservers[1]},
	};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		if (*wanted[i].text && inet_pton(AF_INET, wanted[i].text, wanted[i].address) != 1) {
			say("ip=: '%s' is no address", wanted[i].text);
			return false;
		}
	return true;
}

static void start_timer(uint32_t seconds)
{
	struct itimerspec when = {.it_value.tv_sec = seconds};

	if (net.timer < 0)
		net.timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	timerfd_settime(net.timer, 0, &when, NULL);
}

static int ask(int timeout_ms)
{
	int r = dhcp_ask(net.device, net.hardware, net.hostname, timeout_ms, &net.lease);

	if (r == 0)
		r = configure(&net.lease);
	if (r == 0 && net.lease.seconds)
		start_timer(net.lease.seconds / 2 ? net.lease.seconds / 2 : 1);
	return r;
}

int network_timer(void)
{
	return net.timer;
}

void network_renew(void)
{
	uint64_t times;

	if (read(net.timer, &times, sizeof(times)) == sizeof(times) && ask(RENEW_MS) < 0)
		start_timer(AGAIN_S);
}

/* ---- up ---- */

static char *nameservers_of(const struct lease *lease)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	for (size_t i = 0; file && i < DHCP_NAMESERVERS; i++)
		if (lease->nameservers[i])
			fprintf(file, "nameserver %s\n", inet_ntoa((struct in_addr){lease->nameservers[i]}));
	if (file)
		fclose(file);
	return text;
}

static int find_and_raise(const char *asked)
{
	struct ifreq ifreq;
	int r;

	if (*asked)
		snprintf(net.device, sizeof(net.device), "%s", asked);
	else if (!find_device(net.device))
		return -ENODEV;
	name_device(&ifreq, net.device);
	r = device_ioctl(SIOCGIFHWADDR, &ifreq);
	if (r < 0)
		return r;
	memcpy(net.hardware, ifreq.ifr_hwaddr.sa_data, sizeof(net.hardware));
	return bring_up(net.device);
}

void network_up(const struct line *line, const char *hostname, char **ret_nameservers)
{
	char *said = strdup(line->ip ? line->ip : "dhcp"), *fields[FIELDS];
	const char *how;
	int r;

	bring_up("lo");
	net.hostname = hostname;
	if (!said)
		return;
	/* one word alone says how */
	if (strchr(said, ':'))
		split(said, fields);
	else
		split(strdup("::::::"), fields), fields[FIELD_HOW] = said;
	how = fields[FIELD_HOW];
	if (strcmp(how, "off") == 0 || strcmp(how, "none") == 0) {
		if (!*fields[FIELD_CLIENT])
			return;
	}
	if (*fields[FIELD_HOSTNAME])
		net.hostname = fields[FIELD_HOSTNAME];
	r = find_and_raise(fields[FIELD_DEVICE]);
	/* a machine without a network is one */
	if (r == -ENODEV && !line->ip)
		return;
	if (r == 0 && *fields[FIELD_CLIENT])
		r = read_fields(fields, &net.lease) ? configure(&net.lease) : -EINVAL;
	else if (r == 0)
		r = ask(ASK_MS);
	if (r < 0)
		say("no network on %s: %s", *net.device ? net.device : "any device",
		    r == -ETIMEDOUT ? "nobody gives out addresses (DHCP)" : strerror(-r));
	else
		*ret_nameservers = nameservers_of(&net.lease);
}
