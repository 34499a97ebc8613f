/* SPDX-License-Identifier: BSD-2-Clause */
/* What an archive says about a name besides its contents: mode, owner, time, extended attributes. */
#ifndef PACK_LAYER_ATTRIBUTES_H
#define PACK_LAYER_ATTRIBUTES_H


#include "db/base/error.h"
#include "pack/layer/archive.h"
#include "pack/layer/layer.h"
#include "pack/tree/tree.h"

/*
 * Give them to the inode, whose kind stays; what it had before is gone. What a tree cannot hold is
 * counted in stats; what no file can have is an error that goes on from the entry's name.
 */
int layer_attributes(struct archive_entry *entry, const struct layer_options *options,
		     struct inode *inode, struct layer_stats *stats, struct error *err);

#endif
