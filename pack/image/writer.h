/* SPDX-License-Identifier: BSD-2-Clause */
/* What the rooms of the image writer share while one image is being written. */
#ifndef PACK_IMAGE_WRITER_H
#define PACK_IMAGE_WRITER_H

#include "pack/image/data.h"
#include "pack/image/format.h"
#include "pack/image/image.h"
#include "pack/image/metadata.h"
#include "pack/image/table.h"
#include "pack/image/xattr.h"

struct writer {
	struct image_options options; /* with the defaults filled in */
	struct image_stats stats;
	struct tree *tree;
	struct workers *workers;
	struct output output;
	struct data data;
	struct metadata inodes;
	struct metadata directories;
	struct ids ids;
	struct xattrs xattrs;
	uint32_t inode_count;
	uint64_t *exports; /* reference by number - 1; NULL: not wanted */
};

#endif
