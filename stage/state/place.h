/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the state is, and whether it may be there: for state.c, and for commands that want the directory and
 * not the database.
 */
#ifndef STAGE_STATE_PLACE_H
#define STAGE_STATE_PLACE_H

#include <stdbool.h>

#include "db/base/error.h"

/* The state directory asked for, else this user's; made if it is not there. Descriptor and real
 * path. */
int place_open(const char *dir, int *ret_fd, char **ret_path, struct error *err);
/* This user has one by now, where it is looked for without being told. */
bool place_is_there(void);
/* A directory in it, closed to others; its path, to be freed. */
int place_directory(const char *place, const char *name, char **ret_path, struct error *err);

#endif
