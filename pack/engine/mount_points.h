/* SPDX-License-Identifier: BSD-2-Clause */
/* Empty directories for what is mounted in a root that is not written to: its engine cannot make them. */
#ifndef PACK_ENGINE_MOUNT_POINTS_H
#define PACK_ENGINE_MOUNT_POINTS_H

#include "db/base/error.h"
#include "pack/engine/facts.h"
#include "pack/tree/tree.h"

/*
 * Add to the root what it has not: /dev, /proc, /run, /sys, /tmp, and where memory is. What is of the host is a
 * directory or a file, which is not known here: -ENOENT with err set, for `kind`, where it has no place.
 */
int mount_points_add(struct node *root, const struct facts *facts, const char *kind, struct error *err);

/* One more directory, if it is not there. */
int mount_points_add_one(struct node *root, const char *path, mode_t mode, struct error *err);

#endif
