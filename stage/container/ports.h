/* SPDX-License-Identifier: BSD-2-Clause */
/* Published ports of a private network. */
#ifndef STAGE_CONTAINER_PORTS_H
#define STAGE_CONTAINER_PORTS_H

#include <sys/types.h>

#include "db/base/error.h"
#include "stage/spec/spec.h"

/*
 * TCP goes through systemd-socket-proxyd where it is, which is faster and keeps as many connections as
 * there are descriptors for; the rest through slirp4netns, told by its socket. *ret_helper: the process
 * that forwards, 0: none of its own.
 */
int port_publish(const struct spec_port *port, int network, const char *slirp, pid_t *ret_helper,
		 struct error *err);

#endif
