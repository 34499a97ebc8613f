/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Extended attributes. Most files that have any have the same ones (capabilities aside, a label), so
 * a set is stored once and inodes name it by number; a long value that occurs in several sets is
 * stored once too.
 */
#ifndef PACK_IMAGE_XATTR_H
#define PACK_IMAGE_XATTR_H

#include "db/base/error.h"
#include "db/base/hash.h"
#include "pack/image/metadata.h"
#include "pack/image/table.h"
#include "pack/tree/tree.h"

struct xattrs {
	struct metadata values;
	struct metadata sets;
	uint32_t count;
	struct hash known_sets, known_values;
};

int xattrs_init(struct xattrs *xattrs, struct workers *workers);
void xattrs_release(struct xattrs *xattrs);

/* The format has a place for attributes with this name: user, trusted, security. */
bool xattr_is_storable(const char *name);

/* The number of the set; SQFS_NO_XATTR when nothing storable is in the list. */
int xattrs_add(struct xattrs *xattrs, const struct xattr_list *list, uint32_t *ret_number);
/* *ret_position is what the superblock wants; SQFS_NO_TABLE when there are no attributes. */
int xattrs_write(struct xattrs *xattrs, struct output *output, uint64_t *ret_position);

#endif
