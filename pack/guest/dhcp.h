/* SPDX-License-Identifier: BSD-2-Clause */
/* An address from whoever gives them out here: DHCP (RFC 2131), what a machine with one network needs of it. */
#ifndef PACK_GUEST_DHCP_H
#define PACK_GUEST_DHCP_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

enum { DHCP_NAMESERVERS = 3 };

/* Addresses in network order; 0: not said. */
struct lease {
	in_addr_t address, mask, router, server;
	in_addr_t nameservers[DHCP_NAMESERVERS];
	uint32_t seconds; /* how long it is ours; 0: for good */
};

/*
 * Ask on this device, which is up and may have no address yet, for timeout_ms at the most. With an address in
 * *lease that one is asked for again. 0, -ETIMEDOUT, or another negative errno; *lease as it was then.
 */
int dhcp_ask(const char *device, const unsigned char *hardware, const char *hostname, int timeout_ms,
	     struct lease *lease);

/*
 * What an answer says: 2 an offer, 5 it is ours, 6 it is not; 0: it is none to `id` and `hardware`, or what it says
 * of itself does not fit into it. *ret_lease is only set for 2 and 5.
 */
int dhcp_read(const unsigned char *data, size_t size, uint32_t id, const unsigned char *hardware,
	      struct lease *ret_lease);

#endif
