/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * In mode=first, opens are seen once. FUSE sends every open or none of the whole connection, so it is
 * left out of it: the overlay has three lower layers,
 *
 *	lowerdir = tree :: opens :: the source itself
 *
 * of which only the first is a tree that is seen; the others hold data (Linux 6.16). "tree" says of
 * each file, by the extended attributes that overlayfs asks for at a new name anyway, that its data
 * are in one of the others. Where, is looked up when the file is opened first: "opens" has the same
 * directories and no file, so that it is asked, which is noted, and the source has it. From then on
 * an open of this file, a read and a mapping are the source's own, with no request at all.
 *
 * A name costs two requests more by this, so it is worth them where what is looked at is opened too.
 * While it is not, as in a walk over all files, only programs and one name in MISSED_EACH are told of.
 *
 * "tree" and "opens" are the two directories in the root of the FUSE mount. A file below a mount
 * inside the source is opened by way of us, as is one with a path too long for overlayfs.
 */
#ifndef FS_FIRST_OPENS_H
#define FS_FIRST_OPENS_H

#include <stdbool.h>
#include <sys/types.h>

#include "fs/tracefs.h"

#define FIRST_OPENS_TREE "tree"
#define FIRST_OPENS_OPENS "opens"

/* They are: where there is an overlay above, and no other disk in the source. */
bool first_opens_wanted(const struct tracefs *fs);

/* Make the second root: 0 or -ENOMEM. */
int first_opens_init(struct tracefs *fs);

/* Is this lookup for here? True: it was answered. */
bool first_opens_lookup(struct tracefs *fs, fuse_req_t req, fuse_ino_t parent_ino,
			const char *name);

/*
 * Is this attribute one of ours? True: *ret_size is its size or a negative errno, and the value is in
 * the buffer where there is one.
 */
bool first_opens_xattr(struct tracefs *fs, struct node *node, const char *name, char *value,
		       size_t size, ssize_t *ret_size);

/* The kernel asks for the capabilities of a file: all that is seen of a later exec. */
void first_opens_exec(struct tracefs *fs, fuse_req_t req, struct node *node);

#endif
