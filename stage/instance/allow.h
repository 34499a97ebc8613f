/* SPDX-License-Identifier: BSD-2-Clause */
/* Which of those that are to start their users' limits allow, beside what runs by now. */
#ifndef STAGE_INSTANCE_ALLOW_H
#define STAGE_INSTANCE_ALLOW_H

#include "stage/instance/start.h"

/*
 * In the transaction that notes the intention, so that two starts never take the same last place. What is not
 * allowed has that in its `code`.
 */
int allow_all(struct state *state, struct starts *starts, struct error *err);

/* One that is to sleep takes nothing yet but its ports: they are chosen now, and are the user's. The same. */
int allow_held(struct state *state, struct instance *instance, struct error *err);

#endif
