/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs of ours that sfc runs: beside it in a build directory, below the prefix it was installed or moved to,
 * or where it was configured to look.
 */
#ifndef STAGE_CMD_BESIDE_H
#define STAGE_CMD_BESIDE_H

#include "db/base/error.h"

/* Where a file that is installed for sfc alone is; the caller frees. NULL: it is nowhere. */
char *beside_find(const char *name);
/* Put the directories of tracefs and tracepack in front of PATH. Once, before either is run. */
int beside_set_path(struct error *err);

#endif
