/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The names of one directory, in the directory table. The inodes of all children are written before.
 *
 * The kernel stops searching at the first name whose first byte is larger, so order is everything; and
 * a directory whose listing runs through several metadata blocks gets an index of them, else each
 * lookup would read all.
 */
#ifndef PACK_IMAGE_DIRECTORY_H
#define PACK_IMAGE_DIRECTORY_H

#include "pack/image/inode.h"

/* together: it shall not run through more metadata blocks than it must, at the cost of a gap before it. */
int directory_write(struct writer *writer, const struct node *node, bool together,
		    struct listing *ret_listing);
/*
 * The index names metadata blocks, whose positions are known only when they are compressed: put them
 * in, which may wait for the listing's blocks.
 */
int directory_finish(struct writer *writer, struct listing *listing);
void listing_release(struct listing *listing);

#endif
