// SPDX-License-Identifier: BSD-2-Clause
#include "stage/instance/allow_ports.h"

#include <errno.h>
#include <stdlib.h>

#include "stage/container/ports.h"

enum { TAKEN_TCP = 1, TAKEN_UDP = 2 };

struct ports_taken {
	uint8_t kinds[UINT16_MAX + 1];
};

static uint8_t kind_of(const struct spec_port *port)
{
	return port->udp ? TAKEN_UDP : TAKEN_TCP;
}

int ports_taken_new(const struct looks *looks, struct ports_taken **ret_taken, struct error *err)
{
	struct ports_taken *taken = calloc(1, sizeof(*taken));

	if (!taken)
		return error_oom(err);
	for (size_t i = 0; i < looks->count; i++) {
		const struct spec *spec = &looks->items[i].instance.spec;

		for (size_t k = 0; k < spec->ports.count; k++)
			taken->kinds[port_of_host(&spec->ports.items[k])] |= kind_of(&spec->ports.items[k]);
	}
	*ret_taken = taken;
	return 0;
}

void ports_taken_freep(struct ports_taken **taken)
{
	free(*taken);
	*taken = NULL;
}

/* One that no instance has, and nobody else on this machine. */
static int choose(const struct limits *limits, struct ports_taken *taken, const char *user, struct spec_port *port,
		  struct error *err)
{
	for (uint32_t number = limits->first_port; number <= limits->last_port; number++) {
		port->host = (uint16_t)number;
		if (taken->kinds[number] & kind_of(port) || !port_is_free(port))
			continue;
		taken->kinds[number] |= kind_of(port);
		return 0;
	}
	port->host = 0;
	return error_set(err, -EDQUOT, "user '%s' is limited to ports=%u-%u (%s): none of them is free", user,
			 limits->first_port, limits->last_port, limits_path());
}

static int check(const struct limits *limits, const char *user, const struct spec_port *port, struct error *err)
{
	if (port->host >= limits->first_port && port->host <= limits->last_port)
		return 0;
	return error_set(err, -EDQUOT,
			 "user '%s' is limited to ports=%u-%u (%s): %u is none of them; -p :%u takes one that is free",
			 user, limits->first_port, limits->last_port, limits_path(), port->host, port->port);
}

/* Whatever port it likes is its own there. */
static bool has_all_ports(const struct spec *spec)
{
	return spec->network == NETWORK_HOST || (spec->network == NETWORK_UNSET && !spec->ports.count);
}

int allow_ports(struct state *state, const struct limits *limits, bool bound, struct ports_taken *taken,
		struct instance *instance, struct error *err)
{
	struct spec *spec = &instance->spec;
	bool chosen = false;
	int r = 0;

	if (!limits->first_port)
		return 0;
	if (bound && has_all_ports(spec))
		return error_set(err, -EDQUOT,
				 "user '%s' is limited to ports=%u-%u (%s): on the network of the host it would have all; "
				 "give --publish, or --network private or none",
				 instance->user, limits->first_port, limits->last_port, limits_path());
	for (size_t i = 0; r == 0 && i < spec->ports.count; i++) {
		struct spec_port *port = &spec->ports.items[i];
		bool named = port->host != 0;

		if (named)
			r = bound ? check(limits, instance->user, port, err) : 0;
		else
			r = choose(limits, taken, instance->user, port, err);
		chosen |= !named;
	}
	return r == 0 && chosen ? instance_change(state, instance, err) : r;
}
