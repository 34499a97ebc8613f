/* SPDX-License-Identifier: BSD-2-Clause */
/* Published ports of a private network. */
#ifndef STAGE_CONTAINER_PORTS_H
#define STAGE_CONTAINER_PORTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "db/base/error.h"
#include "stage/spec/spec.h"

/* The number that it has on the host. */
uint16_t port_of_host(const struct spec_port *port);

/* Nobody on this machine has it. */
bool port_is_free(const struct spec_port *port);

/* What nobody here forwards, before anything is put up. -EINVAL. */
int port_check(const struct spec_port *port, struct error *err);

/* What forwards from a listener is here; -ENOENT. */
int port_can_hold(struct error *err);
/* Whoever connects waits from now on, until *ret_listener is read from. */
int port_hold(const struct spec_port *port, int *ret_listener, struct error *err);
/* systemd-socket-proxyd brings those that wait there to this port of the network. *ret_pid: a child of ours. */
int port_forward(int listener, int network, uint16_t port, pid_t *ret_pid, struct error *err);

/*
 * From now on the port is taken. TCP goes through systemd-socket-proxyd where it is, which is faster and keeps as
 * many connections as there are descriptors for; the rest through slirp4netns, told by its socket. *ret_helper: the
 * process that forwards, a child of ours; 0: none of its own.
 *
 * Either comes to the address of the namespace, never to its loopback: a program that trusts who asks by 127.0.0.1
 * would trust everybody.
 */
int port_publish(const struct spec_port *port, int network, const char *slirp, pid_t *ret_helper,
		 struct error *err);

#endif
