/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inodes, from a node to its record. Written once for all names of a hard link; afterwards
 * inode->scratch is its place in the inode table (see metadata.h).
 */
#ifndef PACK_IMAGE_INODE_H
#define PACK_IMAGE_INODE_H

#include "pack/image/writer.h"

/* Where the names of a directory are. */
struct listing {
	uint64_t place; /* in the directory table */
	uint64_t size;  /* bytes */
	uint32_t subdirectories;
	uint32_t index_count;
	struct text index; /* struct sqfs_index with names, as the format has them */
};

/* A name that is not a directory; file contents must have been stored. */
int inode_write_leaf(struct writer *writer, struct node *node, struct error *err);
int inode_write_directory(struct writer *writer, struct node *node, const struct listing *listing,
			  struct error *err);

/* The basic type of a mode. */
uint16_t inode_type(uint32_t mode);

/* Can the format hold this inode? -EOVERFLOW, -ENAMETOOLONG or -EINVAL with err naming it. */
int inode_check(const struct writer *writer, const struct node *node, struct error *err);

#endif
