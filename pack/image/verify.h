/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is the image what the tree says? Reads it back with the reader and compares every name, every field
 * and every byte with the source.
 */
#ifndef PACK_IMAGE_VERIFY_H
#define PACK_IMAGE_VERIFY_H

#include "pack/image/image.h"

/*
 * After image_write() with the same tree and options. 0, or -EIO with err naming the first difference;
 * other errors of reading.
 */
int image_verify(struct tree *tree, const struct image_options *options, int fd,
		 const char *name, struct error *err);

#endif
