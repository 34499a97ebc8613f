/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A writable layer above directories that are only read: the kernel's overlay, from descriptors.
 *
 * A layer that outlives its mount may find another base below it the next time. Of xino, index,
 * redirect_dir and metacopy each alone would then have files of the new base read as other files'
 * contents, silently; distributions differ in which are on, so all are named. The price: a rename of a
 * directory of the base is EXDEV, hard links of the base part when written, inode numbers change.
 */
#ifndef STAGE_MOUNT_OVERLAY_H
#define STAGE_MOUNT_OVERLAY_H

#include <stdbool.h>
#include <stddef.h>

#include "db/base/error.h"

struct overlay {
	const int *lower; /* directories, the topmost first; of mounts in our namespace */
	size_t lower_count;
	int upper, work; /* directories, empty or from the last time; -1: read-only */
	bool kept;       /* the layer outlives this mount */
};

int overlay_mount(const struct overlay *overlay, int *ret_mount, struct error *err);

/*
 * The directories "upper" and "work" of a layer, made where missing, as descriptors. The layer is
 * locked as long as `lock` is open: the kernel would take the same upper twice. -EBUSY: it is in use.
 */
int overlay_layer_open(int layer, const char *name, int *ret_upper, int *ret_work, int *ret_lock,
		       struct error *err);

#endif
