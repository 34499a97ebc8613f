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

#include "db/base/error.h"
#include "pack/tree/tree.h"

/* `name` in dirfd, whose lstat(2) is st, says that the name is deleted. */
bool mark_is_whiteout(int dirfd, const char *name, const struct stat *st);
/* A directory, by descriptor, hides what the layers below have under its name. */
bool mark_is_opaque(int fd);
/* An attribute that is such a mark and nothing else. */
bool mark_is_attribute(const char *name);
/* What was a layer once, or only says so, may bring marks that would hide what is below: a tree without them. */
void marks_drop(struct tree *tree);

/*
 * A layer on its way to others: marks become what archives have in their place, .wh.NAME and .wh..wh..opq, and
 * back, as the overlay of who is going to mount it reads them. -EBADMSG: a file's own name begins
 * with .wh., or one that does deletes nothing, or all.
 */
int marks_to_names(struct tree *tree, struct error *err);
int marks_from_names(struct tree *tree, bool plain_user, struct error *err);

#endif
