/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's control groups of containers, by their names: APP-INSTANCE-STATE-ID, of the state's uuid the beginning. */
#ifndef STAGE_REPAIR_GROUPS_H
#define STAGE_REPAIR_GROUPS_H

#include <stdbool.h>

#include "db/base/error.h"
#include "stage/spec/spec.h"

/* Add the names of all containers that have a group below top, whoever's; each may come several times. */
int groups_list(const char *top, spec_strings *names, struct error *err);
/* It is an instance's of the state with this uuid. */
bool groups_is_ours(const char *name, const char *uuid);

#endif
