/* SPDX-License-Identifier: BSD-2-Clause */
/* For inventory*.c alone: what the nodes of an inventory live in. */
#ifndef PACK_REPORT_INVENTORY_DISK_H
#define PACK_REPORT_INVENTORY_DISK_H

#include "pack/image/reader.h"
#include "pack/source/scan.h"
#include "pack/tree/tree.h"

/* Where nodes come from, for as long as they are looked at. */
struct inventory_disk {
	int fd;
	struct image *image; /* or NULL */
	struct tree *tree;
	struct scan *scan; /* or NULL */
};

/* With nothing in it; NULL: out of memory. inventory_release() frees it with its inventory. */
struct inventory_disk *inventory_disk_new(void);

#endif
