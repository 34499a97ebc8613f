/* SPDX-License-Identifier: BSD-2-Clause */
/* systemd-socket-proxyd in front of one instance that is up, as the holder has it: a child. */
#ifndef STAGE_INSTANCE_HOLD_PROXY_H
#define STAGE_INSTANCE_HOLD_PROXY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * How many connections it has taken from the listener at this port of the host and not ended yet: by its descriptors,
 * so one that it has just taken is among them. -1: it cannot be told.
 */
int hold_proxy_connections(pid_t pid, uint16_t port);

/* End it; but not, if `idle`, while it has one: false, it goes on. */
bool hold_proxy_end(pid_t pid, uint16_t port, bool idle);

#endif
