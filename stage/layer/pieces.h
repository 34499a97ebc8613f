/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's own root for a plain user: the kernel lets nobody in a user namespace see below a mount what root has
 * hidden by another, so that a directory with mounts below it is no lower layer there. It is put together of its
 * directories instead, each with all that is mounted below it, to be read; what is written to elsewhere, such as /tmp,
 * is empty and in memory.
 */
#ifndef STAGE_LAYER_PIECES_H
#define STAGE_LAYER_PIECES_H

#include <stdbool.h>

#include "db/base/error.h"

/* A directory that is no layer, though it is one for root. */
bool pieces_are_wanted(int directory);
/* root: an empty directory in memory, where they stay mounted as long as our namespace. */
int pieces_put(int directory, int root, struct error *err);

#endif
