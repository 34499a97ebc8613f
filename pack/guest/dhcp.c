// SPDX-License-Identifier: BSD-2-Clause
#include "pack/guest/dhcp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/clock.h"

enum {
	HARDWARE = 6,
	SERVER_PORT = 67,
	CLIENT_PORT = 68,
	PACKET_MAX = 1500,
	OPTIONS = 240, /* where they begin, behind the cookie */
	FIRST_TRY_MS = 1000,
	LAST_TRY_MS = 8000,
};

enum option {
	OPTION_PAD = 0,
	OPTION_MASK = 1,
	OPTION_ROUTER = 3,
	OPTION_NAMESERVERS = 6,
	OPTION_HOSTNAME = 12,
	OPTION_ADDRESS = 50,
	OPTION_SECONDS = 51,
	OPTION_KIND = 53,
	OPTION_SERVER = 54,
	OPTION_WANTED = 55,
	OPTION_END = 255,
};

enum kind { KIND_NONE = 0, KIND_DISCOVER = 1, KIND_OFFER = 2, KIND_REQUEST = 3, KIND_ACK = 5, KIND_NAK = 6 };

static const unsigned char cookie[4] = {99, 130, 83, 99};

struct packet {
	unsigned char bytes[PACKET_MAX];
	size_t size;
};

/* ---- questions ---- */

static void add_option(struct packet *packet, enum option option, const void *data, size_t size)
{
	packet->bytes[packet->size++] = (unsigned char)option;
	packet->bytes[packet->size++] = (unsigned char)size;
	memcpy(packet->bytes + packet->size, data, size);
	packet->size += size;
}

static void write_question(struct packet *packet, enum kind kind, uint32_t id, const unsigned char *hardware,
			   const char *hostname, const struct lease *lease)
{
	const unsigned char kind_byte = (unsigned char)kind, broadcast[2] = {0x80, 0};
	static const unsigned char wanted[] = {OPTION_MASK, OPTION_ROUTER, OPTION_NAMESERVERS, OPTION_SECONDS};
	size_t name = strlen(hostname);

	memset(packet, 0, sizeof(*packet));
	packet->bytes[0] = 1; /* a question */
	packet->bytes[1] = 1; /* Ethernet */
	packet->bytes[2] = HARDWARE;
	memcpy(packet->bytes + 4, &id, sizeof(id));
	/* answer to all: nobody can reach us by an address yet */
	memcpy(packet->bytes + 10, broadcast, sizeof(broadcast));
	memcpy(packet->bytes + 28, hardware, HARDWARE);
	memcpy(packet->bytes + OPTIONS - sizeof(cookie), cookie, sizeof(cookie));
	packet->size = OPTIONS;
	add_option(packet, OPTION_KIND, &kind_byte, 1);
	if (lease->address)
		add_option(packet, OPTION_ADDRESS, &lease->address, sizeof(lease->address));
	if (kind == KIND_REQUEST && lease->server)
		add_option(packet, OPTION_SERVER, &lease->server, sizeof(lease->server));
	if (name && name <= 63)
		add_option(packet, OPTION_HOSTNAME, hostname, name);
	add_option(packet, OPTION_WANTED, wanted, sizeof(wanted));
	packet->bytes[packet->size++] = OPTION_END;
	/* the least that every server takes */
	if (packet->size < 300)
		packet->size = 300;
}

/* ---- answers ---- */

static void take_addresses(const unsigned char *data, size_t size, in_addr_t *addresses, size_t count)
{
	for (size_t i = 0; i < count && (i + 1) * sizeof(*addresses) <= size; i++)
		memcpy(&addresses[i], data + i * sizeof(*addresses), sizeof(*addresses));
}

static void take_option(unsigned int option, const unsigned char *data, size_t size, struct lease *lease, int *kind)
{
	in_addr_t number = 0;

	switch (option) {
	case OPTION_KIND:
		*kind = size == 1 ? data[0] : *kind;
		break;
	case OPTION_MASK:
		take_addresses(data, size, &lease->mask, 1);
		break;
	case OPTION_ROUTER:
		take_addresses(data, size, &lease->router, 1);
		break;
	case OPTION_SERVER:
		take_addresses(data, size, &lease->server, 1);
		break;
	case OPTION_NAMESERVERS:
		take_addresses(data, size, lease->nameservers, DHCP_NAMESERVERS);
		break;
	case OPTION_SECONDS:
		take_addresses(data, size, &number, 1);
		lease->seconds = ntohl(number) == UINT32_MAX ? 0 : ntohl(number);
		break;
	default:
		break;
	}
}

int dhcp_read(const unsigned char *data, size_t size, uint32_t id, const unsigned char *hardware,
	      struct lease *ret_lease)
{
	struct lease lease = {0};
	int kind = KIND_NONE;
	size_t at = OPTIONS;

	if (size < OPTIONS || data[0] != 2 || memcmp(data + 4, &id, sizeof(id)) != 0 ||
	    memcmp(data + 28, hardware, HARDWARE) != 0 || memcmp(data + OPTIONS - sizeof(cookie), cookie, sizeof(cookie)) != 0)
		return KIND_NONE;
	memcpy(&lease.address, data + 16, sizeof(lease.address));
	while (at < size && data[at] != OPTION_END) {
		unsigned int option = data[at++];
		size_t length;

		if (option == OPTION_PAD)
			continue;
		if (at >= size || data[at] > size - at - 1)
			return KIND_NONE;
		length = data[at++];
		take_option(option, data + at, length, &lease, &kind);
		at += length;
	}
	if ((kind == KIND_OFFER || kind == KIND_ACK) && !lease.address)
		return KIND_NONE;
	if (kind == KIND_OFFER || kind == KIND_ACK)
		*ret_lease = lease;
	return kind == KIND_OFFER || kind == KIND_ACK || kind == KIND_NAK ? kind : KIND_NONE;
}

/* ---- talking ---- */

static int64_t now_ms(void)
{
	return clock_read_ns(CLOCK_BOOTTIME) / 1000000;
}

static int open_socket(const char *device)
{
	_cleanup_(closep) int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in self = {.sin_family = AF_INET, .sin_port = htons(CLIENT_PORT)};
	int on = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, (socklen_t)strlen(device)) < 0 ||
	    bind(fd, (struct sockaddr *)&self, sizeof(self)) < 0)
		return -errno;
	return take_fd(&fd);
}

/* Its answer to this question, until then; 0: there was none. */
static int await(int fd, uint32_t id, const unsigned char *hardware, int64_t until_ms, struct lease *ret_lease)
{
	unsigned char answer[PACKET_MAX];
	int64_t left;

	while ((left = until_ms - now_ms()) > 0) {
		struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
		ssize_t n = 0;
		int kind;

		if (poll(&poll_fd, 1, (int)left) <= 0)
			continue;
		n = recv(fd, answer, sizeof(answer), MSG_DONTWAIT);
		kind = n > 0 ? dhcp_read(answer, (size_t)n, id, hardware, ret_lease) : KIND_NONE;
		if (kind)
			return kind;
	}
	return KIND_NONE;
}

int dhcp_ask(const char *device, const unsigned char *hardware, const char *hostname, int timeout_ms,
	     struct lease *lease)
{
	const struct sockaddr_in everybody = {
		.sin_family = AF_INET, .sin_port = htons(SERVER_PORT), .sin_addr.s_addr = INADDR_BROADCAST};
	struct lease wanted = *lease, got = {0};
	_cleanup_(closep) int fd = open_socket(device);
	int64_t until = now_ms() + timeout_ms;
	int wait_ms = FIRST_TRY_MS;
	uint32_t id;

	if (fd < 0)
		return fd;
	/* what is ours already is asked for at whoever has it */
	wanted.server = 0;
	if (getrandom(&id, sizeof(id), GRND_NONBLOCK) != sizeof(id))
		id = (uint32_t)now_ms() ^ (uint32_t)(hardware[5] << 24);
	while (now_ms() < until) {
		enum kind kind = wanted.address ? KIND_REQUEST : KIND_DISCOVER;
		int64_t next = now_ms() + wait_ms;
		struct packet packet;
		int answer;

		write_question(&packet, kind, id, hardware, hostname, &wanted);
		sendto(fd, packet.bytes, packet.size, 0, (const struct sockaddr *)&everybody, sizeof(everybody));
		answer = await(fd, id, hardware, next < until ? next : until, &got);
		if (kind == KIND_REQUEST && answer == KIND_ACK) {
			*lease = got;
			return 0;
		}
		if (kind == KIND_DISCOVER && answer == KIND_OFFER) {
			wanted = got;
			continue;
		}
		if (answer == KIND_NAK)
			wanted = (struct lease){0};
		else if (answer == KIND_NONE)
			wait_ms = wait_ms * 2 < LAST_TRY_MS ? wait_ms * 2 : LAST_TRY_MS;
	}
	return -ETIMEDOUT;
}
