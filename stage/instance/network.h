/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * --network app:APP/I: services that must talk share one network, as the containers of a pod do. It lives as long as
 * somebody is in it. When the instance whose it is ends, those that share it keep their loopback and lose the way
 * out; when it comes up again it comes into the same network, and with it all that it had.
 */
#ifndef STAGE_INSTANCE_NETWORK_H
#define STAGE_INSTANCE_NETWORK_H

#include "db/base/error.h"
#include "stage/instance/instance.h"
#include "stage/spec/spec.h"
#include "stage/state/state.h"

/*
 * Where that is asked, spec->network becomes the path of a descriptor of ours, *ret_fd, of that instance's network: it
 * stays open until all has started. -1: it is not asked. -ENOENT: that instance does not run.
 */
int instance_network(struct state *state, struct spec *spec, int *ret_fd, struct error *err);

/* 1: some instance shares another's network; 0: none does, and the next need not be asked. */
int instance_network_any(struct state *state, struct error *err);
/* A descriptor of the network that is this instance's and that others are in while it is down; -1: there is none. */
int instance_network_again(struct state *state, const struct instance *instance, int *ret_fd, struct error *err);

#endif
