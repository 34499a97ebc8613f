/* SPDX-License-Identifier: BSD-2-Clause */
/* The attributes of an image. */
#ifndef PACK_IMAGE_READER_XATTR_H
#define PACK_IMAGE_READER_XATTR_H

#include "db/base/error.h"
#include "pack/image/reader_image.h"

/* Load the sets, and give an inode those with this number. */
int reader_xattrs_load(struct image *image, struct error *err);
int reader_xattrs_give(struct image *image, uint32_t number, struct inode *inode,
		       struct error *err);

#endif
