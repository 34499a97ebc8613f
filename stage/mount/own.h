/* SPDX-License-Identifier: BSD-2-Clause */
/* Mounts of this process alone: gone with it, a kill included. */
#ifndef STAGE_MOUNT_OWN_H
#define STAGE_MOUNT_OWN_H

#include "db/base/error.h"

/*
 * From now on nobody sees what we mount but the processes that we start; what the host mounts and unmounts is
 * followed. Once, by a process of one thread.
 */
int own_mounts_begin(struct error *err);

#endif
