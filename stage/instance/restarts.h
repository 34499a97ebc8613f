/* SPDX-License-Identifier: BSD-2-Clause */
/* Does an instance start again by itself? Asked by who saw its end, and by who waits for it to stay up. */
#ifndef STAGE_INSTANCE_RESTARTS_H
#define STAGE_INSTANCE_RESTARTS_H

#include <stdbool.h>

#include "stage/instance/instance.h"
#include "stage/instance/run.h"

/* By --restart, after this run has ended as it says. */
bool instance_restarts(const struct instance *instance, const struct run *run);

#endif
