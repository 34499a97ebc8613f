/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A plain user's application with systemd's manager of his: one unit, sfc-APP.service, which brings up what was up and
 * takes it down, by the same commands as he would. What it starts keeps itself up, as --restart says: a unit for each
 * instance could not start again what ends inside his user namespace.
 */
#ifndef STAGE_INSTANCE_ENABLE_USER_H
#define STAGE_INSTANCE_ENABLE_USER_H

#include <stdbool.h>

#include "db/base/error.h"

/* Where he is himself, not where he is root: systemd would not know him there. state: the state directory. */
int enable_user(const char *state, const char *app, struct error *err);
/* -ENOENT: it is not enabled. What runs goes on. */
int disable_user(const char *app, struct error *err);

#endif
