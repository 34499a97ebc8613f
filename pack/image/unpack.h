/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An image, or a directory in it, as a tree that stands on its own: contents wait in a content
 * file, so that every reader of trees can read them.
 */
#ifndef PACK_IMAGE_UNPACK_H
#define PACK_IMAGE_UNPACK_H

#include "db/base/error.h"
#include "db/base/text.h"
#include "pack/image/reader.h"
#include "pack/tree/content_file.h"
#include "pack/tree/tree.h"

/*
 * Everything below `from`, a directory of image_tree(), which becomes the root of *ret_tree. The
 * `number` fields of the tree it is in are used. *cancel, when it becomes non-zero, ends it; NULL: nothing does.
 */
int unpack_below(struct image *image, struct node *from, struct content_file *contents,
		 const volatile int *cancel, struct tree **ret_tree, struct error *err);

/* A whole small file: -EFBIG when it is larger than limit bytes. */
int unpack_file(struct image *image, const struct node *node, uint64_t limit, struct text *text,
		struct error *err);

#endif
