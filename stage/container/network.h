/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The network of a container: the host's, none (a loopback of its own), private (slirp4netns: a way out,
 * names, ports that are published) or one that is there: an operator's, another instance's. A private one does
 * not reach the host's loopback.
 *
 * What forwards for a private one are children of ours. One that is killed is put back:
 *
 *	poll network_watch(&network); when it is readable, network_mend(&network, said, err)
 */
#ifndef STAGE_CONTAINER_NETWORK_H
#define STAGE_CONTAINER_NETWORK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "db/base/array.h"
#include "db/base/error.h"
#include "db/base/text.h"
#include "stage/spec/spec.h"

struct network_helper {
	pid_t pid;
	int pidfd;
	int port; /* which of ports it forwards alone; -1: it is slirp4netns */
};

struct network_port {
	struct spec_port asked;
	bool up;
};

struct network {
	enum spec_network kind;
	enum spec_network names; /* whose names are looked up in it: kind, or that of the instance it is of */
	int namespace; /* -1: the host's */
	int exit;      /* slirp4netns ends when this is closed */
	char *socket;  /* where it is told about ports */
	ARRAY(struct network_helper) helpers;
	ARRAY(struct network_port) ports;
	int watch; /* an epoll of the helpers; -1: there are none, or they are given up */
	unsigned int mends;
	int64_t mended_ms;
};

#define NETWORK_INIT                                                                               \
	{                                                                                          \
		.namespace = -1, .exit = -1, .watch = -1                                           \
	}

/* The names of the network's own resolver, for /etc/resolv.conf; NULL: as the host's, or none. */
const char *network_resolver(const struct network *network);
/* Names are looked up in it as on the host. */
bool network_has_host_names(const struct network *network);

/*
 * Make or open it. work: where its socket may be. again: a namespace that one of ours left, which is taken in place
 * of a new one where one of its own is asked for; NULL: none.
 */
int network_open(const struct spec *spec, const char *work, const char *again, struct network *ret_network,
		 struct error *err);
/* Publish the ports: from now on they are taken. */
int network_publish(struct network *network, struct error *err);
/* In a child: enter it. */
int network_enter(const struct network *network, struct error *err);

/* Readable when one of its helpers has ended; -1: there is nothing to wait for. Borrowed. */
int network_watch(const struct network *network);
/*
 * Put back what has ended; said: which, for a person. When they end again and again they are given up, which is an
 * error, and network_watch() is -1.
 */
int network_mend(struct network *network, struct text *said, struct error *err);

/* End what forwards. */
void network_release(struct network *network);
/* The same, but what forwards is another's child. */
void network_leave(struct network *network);

#endif
