/* SPDX-License-Identifier: BSD-2-Clause */
/* The tables behind the directories: fragments, exports, owners and groups, attributes. */
#ifndef PACK_IMAGE_TABLES_H
#define PACK_IMAGE_TABLES_H

#include "pack/image/writer.h"

/* Write them all, and their positions into the superblock. 0 or a negative errno. */
int tables_write(struct writer *writer, struct sqfs_super *super);

#endif
