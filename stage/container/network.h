/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The network of a container: the host's, none (a loopback of its own), private (slirp4netns: a way out,
 * names, ports that are published) or one that an operator made. A private one does not reach the host's
 * loopback.
 */
#ifndef STAGE_CONTAINER_NETWORK_H
#define STAGE_CONTAINER_NETWORK_H

#include <sys/types.h>

#include "db/base/array.h"
#include "db/base/error.h"
#include "stage/spec/spec.h"

struct network {
	enum spec_network kind;
	int namespace; /* -1: the host's */
	int exit;      /* slirp4netns ends when this is closed */
	char *socket;  /* where it is told about ports */
	ARRAY(pid_t) helpers; /* that forward ports, and slirp4netns */
};

/* The names of the network's own resolver, for /etc/resolv.conf; NULL: as the host's, or none. */
const char *network_resolver(const struct network *network);

/* Make or open it; work: where its socket may be. */
int network_open(const struct spec *spec, const char *work, struct network *ret_network,
		 struct error *err);
/* Publish the ports: from now on they are taken. */
int network_publish(struct network *network, const struct spec *spec, struct error *err);
/* In a child: enter it. */
int network_enter(const struct network *network, struct error *err);
/* End what forwards. */
void network_release(struct network *network);

#endif
