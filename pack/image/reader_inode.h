/* SPDX-License-Identifier: BSD-2-Clause */
/* Inodes of an image, taken apart. */
#ifndef PACK_IMAGE_READER_INODE_H
#define PACK_IMAGE_READER_INODE_H

#include "db/base/error.h"
#include "pack/image/reader_meta.h"

/* An inode, whatever its form on the disk. */
struct raw_inode {
	uint16_t type; /* basic */
	uint16_t mode;
	uint32_t uid, gid;
	uint32_t mtime, number, nlink, rdev, xattr;
	uint64_t size;
	uint32_t target_size;
	/* files */
	uint64_t start;
	uint32_t fragment, fragment_offset;
	/* directories */
	uint32_t block, parent;
	uint16_t offset;
};

/* Leaves the cursor behind the fixed part: at block sizes or the target. */
int raw_inode_read(struct image *image, uint64_t reference, struct raw_inode *inode,
		   struct meta_cursor *cursor, struct error *err);

#endif
