/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The holder: one process of a state that listens at the ports of all instances which sleep (--on-demand).
 *
 *	connection → a child, `sfc prod _wake`, starts the instance → systemd-socket-proxyd, one a port, is given the
 *	listener and takes those that wait from it → nobody connected for --idle → `sfc prod _rest`
 *
 * It never touches a connection, so none is lost: one that comes while nobody takes it waits in the listener. What it
 * knows it reads from state.db whenever somebody writes to its socket, "holder.sock" in the state directory, and
 * nobody else may be it: it has the lock of "holder". When it is killed its proxies end with it, and the next command
 * that starts or stops something, or doctor --repair, makes another one.
 */
#ifndef STAGE_INSTANCE_HOLD_H
#define STAGE_INSTANCE_HOLD_H

#include "db/base/error.h"

/* Be it, until there is nothing to hold. 0 also where another one is it. */
int hold_run(const char *state_directory, struct error *err);

/* A connection to it; -1: nobody holds. The state's descriptor. */
int hold_connect(int dirfd);

#endif
