/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ports of the host by what limits.conf says of a user: one that he names must be one of his, and where he names
 * none ("-p :80") the first that is free becomes the instance's, which keeps it.
 */
#ifndef STAGE_INSTANCE_ALLOW_PORTS_H
#define STAGE_INSTANCE_ALLOW_PORTS_H

#include "stage/instance/limits.h"
#include "stage/instance/look.h"
#include "stage/instance/start.h"

/* What is published by now, up or not, of each number and kind. */
struct ports_taken;

int ports_taken_new(const struct looks *looks, struct ports_taken **ret_taken, struct error *err);
void ports_taken_freep(struct ports_taken **taken);

/*
 * In the transaction that notes the intention: what is chosen is noted with it. -EDQUOT: it is not his, or none is
 * free. Not bound: he is held to nothing, but chosen for.
 */
int allow_ports(struct state *state, const struct limits *limits, bool bound, struct ports_taken *taken,
		struct instance *instance, struct error *err);

#endif
