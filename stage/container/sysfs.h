/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /sys of a plain user's container. A runtime, where it may not mount one, binds the host's, and leaves what is
 * mounted below it writable: here it is put up before, read-only with all below, and the groups are out of sight.
 */
#ifndef STAGE_CONTAINER_SYSFS_H
#define STAGE_CONTAINER_SYSFS_H

#include "db/base/error.h"
#include "stage/container/network.h"

/* As "sys" in the directory `work`. groups: they are mounted there by the runtime. */
int sysfs_place(const struct network *network, int work, bool groups, struct error *err);

#endif
