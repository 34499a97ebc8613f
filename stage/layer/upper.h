/* SPDX-License-Identifier: BSD-2-Clause */
/* The contents of a layer, with all that overlayfs keeps in them. */
#ifndef STAGE_LAYER_UPPER_H
#define STAGE_LAYER_UPPER_H

#include "db/base/error.h"

/*
 * Copy a directory as `name` into another, which has none of that name yet or an empty one: marks, devices,
 * owners, times, links and all; by sharing blocks where the file system can. By cp(1).
 */
int upper_copy(int from, int dirfd, const char *name, const char *shown, struct error *err);

#endif
