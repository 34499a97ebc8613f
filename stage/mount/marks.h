/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What overlayfs writes into a layer beside files: that a name of the layers below is deleted, and that a
 * directory hides what is below it. As trusted.overlay.* where root mounted, user.overlay.* where a user did:
 * read here, for all.
 */
#ifndef STAGE_MOUNT_MARKS_H
#define STAGE_MOUNT_MARKS_H

#include <stdbool.h>
#include <sys/stat.h>

#include "pack/tree/tree.h"

/* `name` in dirfd, whose lstat(2) is st, says that the name is deleted. */
bool mark_is_whiteout(int dirfd, const char *name, const struct stat *st);
/* A directory, by descriptor, hides what the layers below have under its name. */
bool mark_is_opaque(int fd);
/* An attribute that is such a mark and nothing else. */
bool mark_is_attribute(const char *name);
/* What was a layer once, or only says so, may bring marks that would hide what is below: a tree without them. */
void marks_drop(struct tree *tree);

#endif
