/* SPDX-License-Identifier: BSD-2-Clause */
/* --network app:APP/I: services that must talk share one network, as the containers of a pod do. */
#ifndef STAGE_INSTANCE_NETWORK_H
#define STAGE_INSTANCE_NETWORK_H

#include "db/base/error.h"
#include "stage/spec/spec.h"
#include "stage/state/state.h"

/*
 * Where that is asked, spec->network becomes the path of that instance's network, which is there as long as it
 * runs. -ENOENT: it does not.
 */
int instance_network(struct state *state, struct spec *spec, struct error *err);
/*
 * The same for who starts in another process namespace, where it has another number: the path is that of a
 * descriptor of ours, which stays open.
 */
int instance_network_hold(struct state *state, struct spec *spec, struct error *err);

#endif
