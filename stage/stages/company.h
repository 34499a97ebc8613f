/* SPDX-License-Identifier: BSD-2-Clause */
/* A command of a person's in a container, with his terminal: `sfc dev exec`, `sfc prod debug` and their like. */
#ifndef STAGE_STAGES_COMPANY_H
#define STAGE_STAGES_COMPANY_H

#include <stdbool.h>

#include "db/base/error.h"
#include "stage/container/container.h"

enum { COMPANY_OURS = 125, COMPANY_NOT_EXECUTABLE = 126, COMPANY_NOT_FOUND = 127 };

/* The status to end with for what container_prepare() returned. */
int company_status(int r);

/*
 * In namespace_run(): start what is prepared, and stay until it has ended, its streams copied. terminal: it has ours,
 * raw. Signals that our parent passes on are its; whose parent has died ends it.
 */
int company_keep(struct container *container, bool terminal, int *ret_status, struct error *err);

#endif
