/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What follows an end that nobody asked for: it is noted and taken down, and where --restart says so the instance
 * is started again after a pause, which grows while it ends soon after. conmon calls it, as `sfc _ended`.
 */
#ifndef STAGE_INSTANCE_ENDED_H
#define STAGE_INSTANCE_ENDED_H

#include <stdint.h>

#include "db/base/error.h"

/*
 * In conmon's place: returns at once, so that conmon and its mounts can end; all that follows is done in a
 * process of its own.
 */
int instance_ended(const char *state_directory, int64_t run, struct error *err);

/* It has not: what befell it meanwhile becomes an event of its instance. */
int instance_befell(const char *state_directory, int64_t run, const char *what, struct error *err);

#endif
