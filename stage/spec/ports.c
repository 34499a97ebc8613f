// SPDX-License-Identifier: BSD-2-Clause
/* Ports that are published: as they are written, and which of a range one of several gets. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "stage/spec/values.h"

static int port_number(const char *word, uint16_t *ret_port)
{
	uint64_t number;

	if (value_number(word, 1, UINT16_MAX, &number) < 0)
		return -EINVAL;
	*ret_port = (uint16_t)number;
	return 0;
}

/* "127.0.0.1" or "[::1]", as it is spelled without brackets. */
static int address_of(const char *word, char **ret_address)
{
	size_t length = strlen(word);
	char bytes[sizeof(struct in6_addr)], bare[INET6_ADDRSTRLEN];
	int family = AF_INET;

	if (*word == '[' && length > 2 && word[length - 1] == ']') {
		family = AF_INET6;
		word++;
		length -= 2;
	}
	if (length >= sizeof(bare))
		return -EINVAL;
	memcpy(bare, word, length);
	bare[length] = '\0';
	if (inet_pton(family, bare, bytes) != 1)
		return -EINVAL;
	*ret_address = strdup(bare);
	return *ret_address ? 0 : -ENOMEM;
}

/* "8081", or "8081-8083": one each, for several instances. In place. */
static int host_ports(char *word, struct spec_port *port)
{
	char *dash = strchr(word, '-');

	if (dash)
		*dash++ = '\0';
	if (port_number(word, &port->host) < 0)
		return -EINVAL;
	return !dash || (port_number(dash, &port->last) == 0 && port->last >= port->host) ? 0 : -EINVAL;
}

/* From its end: the protocol, the port inside, the one of the host, its address. */
int value_port(const char *word, struct spec_port *ret_port)
{
	_cleanup_(freep) char *copy = strdup(word), *address = NULL;
	struct spec_port port = {0};
	char *slash, *colon;
	int r;

	if (!copy)
		return -ENOMEM;
	slash = strchr(copy, '/');
	if (slash) {
		port.udp = strcmp(slash, "/udp") == 0;
		if (!port.udp && strcmp(slash, "/tcp") != 0)
			return -EINVAL;
		*slash = '\0';
	}
	colon = strrchr(copy, ':');
	if (!colon || port_number(colon + 1, &port.port) < 0)
		return -EINVAL;
	*colon = '\0';
	colon = strrchr(copy, ':');
	if (colon && *copy) {
		*colon = '\0';
		r = address_of(copy, &address);
		if (r < 0)
			return r;
	}
	colon = colon ? colon + 1 : copy;
	if (*colon && host_ports(colon, &port) < 0)
		return -EINVAL;
	port.address = take(address);
	*ret_port = port;
	return 0;
}

int spec_choose_ports(struct spec *spec, uint64_t nth, uint64_t count, bool later, struct error *err)
{
	for (size_t i = 0; i < spec->ports.count; i++) {
		struct spec_port *port = &spec->ports.items[i];

		if (port->last && (uint64_t)(port->last - port->host) + 1 < count)
			return error_set(err, -EINVAL, "--publish %u-%u:%u: not enough ports for %llu instances",
					 port->host, port->last, port->port, (unsigned long long)count);
		if (!port->last && count > 1 && (port->host || !later))
			return error_set(err, -EINVAL,
					 "--publish: one port of the host for %llu instances; give a range, as "
					 "8081-8083:80",
					 (unsigned long long)count);
		if (port->last)
			port->host = (uint16_t)(port->host + nth);
		port->last = 0;
	}
	return 0;
}
