/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A layer that can hold so much and no more (--layer-size). Where the file system keeps accounts of directory
 * trees, the layer's own is limited (a project quota of ext4 or XFS); elsewhere the layer is in a file system of
 * its own, a sparse file "volume" in its directory. Whoever writes more is told that there is no space left.
 */
#ifndef STAGE_LAYER_VOLUME_H
#define STAGE_LAYER_VOLUME_H

#include <stdbool.h>
#include <stdint.h>

#include "db/base/error.h"

/*
 * layer: the directory of an instance's layer, made already. *ret_mount: detached, in which "upper" and "work"
 * belong; *ret_lock: locks what is outside of it as long as it is open, -1 where nothing has to be. The size
 * of a layer that has been used is what it was made with. -EBUSY: somebody has it.
 */
int volume_open(const char *layer, uint64_t size, int *ret_mount, int *ret_lock, struct error *err);

/* Only to be read, without a lock. 0, -ENOENT: the layer is in no file system of its own. */
int volume_open_to_read(const char *layer, int *ret_mount, struct error *err);

/* Its directory goes: it gives its account back. */
void volume_forget(const char *layer);

/* Has the file system that a path is on more left than a sixty-fourth, or 1 MiB, not counting what is kept for root? */
bool volume_has_room(const char *path);

#endif
