/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * slirp4netns(1): a way out for a network namespace, names, and what comes in by a port, all of it by a process
 * that is an ordinary program on the host's network. In there the machine is 10.0.2.2, whose loopback is not
 * reached, and the resolver 10.0.2.3. It speaks IPv4 alone.
 */
#ifndef STAGE_CONTAINER_SLIRP_H
#define STAGE_CONTAINER_SLIRP_H

#include <sys/types.h>

#include "db/base/error.h"
#include "stage/spec/spec.h"

/* The namespace's own address, and its resolver. */
#define SLIRP_ADDRESS "10.0.2.100"
#define SLIRP_RESOLVER "10.0.2.3"
/* The device that it makes in there. */
#define SLIRP_DEVICE "tap0"

/*
 * The namespace has a way out when this returns. socket: where it listens for slirp_publish(), a path in a directory
 * of ours. It is a child of ours and ends when *ret_exit is closed.
 */
int slirp_start(int namespace, const char *socket, pid_t *ret_pid, int *ret_exit, struct error *err);

/* -EIO: it did not take the port, and does not say why. */
int slirp_publish(const char *socket, const struct spec_port *port, struct error *err);

#endif
