/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where what is started is put up: a directory that is always there, over which each start has a tmpfs that
 * only its own namespace sees. Root's is /run/sfc. A plain user has none there, and what is below /run/user
 * or /tmp goes with his login or with time: his is "mounts" in his state directory.
 */
#ifndef STAGE_MOUNT_WORK_H
#define STAGE_MOUNT_WORK_H

/* The state directory of this command, absolute and without links; once, before work_path(). */
void work_is_in(const char *state);
/* "" is the directory itself, "/root" a place in it; lives as long as we do. */
const char *work_path(const char *place);

#endif
