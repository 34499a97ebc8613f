/* SPDX-License-Identifier: BSD-2-Clause */
/* The state directory of commands that keep no state: $SFC_STATE, else /var/lib/sfc; 0700. */
#ifndef STAGE_CMD_DOOR_H
#define STAGE_CMD_DOOR_H

#include "db/base/error.h"

/* Its path without links, made if need be; the caller frees. */
int door_open(char **ret_path, struct error *err);
/* A directory in it, closed to others. */
int door_directory(const char *state, const char *name, char **ret_path, struct error *err);

#endif
