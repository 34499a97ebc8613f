/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is what was started up, and what does it answer? Asked from where it listens, its own network, with the
 * host's tools and the caller's environment: nothing of the root takes part, nothing that the package says
 * is a variable of the host's shell. Whoever listens on a port is looked up, not tried: a connection would
 * be the server's first.
 */
#ifndef STAGE_WATCH_READY_H
#define STAGE_WATCH_READY_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "db/base/error.h"
#include "stage/container/container.h"
#include "stage/spec/spec.h"

/*
 * Until it is ready as spec->ready says. 0: it is, or it has ended (container_ended()), or one of the
 * caller's descriptors is ready; -ETIME: not in time.
 */
int ready_wait(struct container *container, const struct spec *spec, struct pollfd *also,
	       size_t count, int64_t timeout_ms, struct error *err);

/* Until somebody in there listens on one of these TCP ports: *ret_port, 0 where none does. The rest likewise. */
int ready_wait_ports(struct container *container, const uint16_t *ports, size_t count, struct pollfd *also,
		     int64_t timeout_ms, unsigned int *ret_port, struct error *err);

/*
 * --probe: a command for the host's shell, with SFC_ROOT in its environment; its output goes to these.
 * *ret_status as a shell has it; 124 when it took longer. timeout_ms -1: it may take as long as it wants.
 * -EINTR: `also`, one descriptor or NULL, is ready, and the probe was given up.
 */
int probe_run(struct container *container, const char *command, const char *root, int output,
	      int errors, struct pollfd *also, int64_t timeout_ms, int *ret_status, struct error *err);

/* Somebody listens on this TCP port of our own network. */
bool ready_port_taken(unsigned int port);

#endif
