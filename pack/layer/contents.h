/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an archive's entry holds: a file's bytes, which go to the content file, a link's target, a
 * device's number.
 */
#ifndef PACK_LAYER_CONTENTS_H
#define PACK_LAYER_CONTENTS_H


#include "db/base/error.h"
#include "pack/layer/archive.h"
#include "pack/layer/layer.h"
#include "pack/layer/stream.h"
#include "pack/tree/tree.h"

/*
 * Give them to a new inode of the entry's kind: 0 or a negative errno, with an error that goes on
 * from the entry's name. The stream stands at the entry; no limit of the options is 0.
 */
int layer_contents(struct layer_stream *stream, struct archive_entry *entry,
		   const struct layer_options *options, struct inode *inode,
		   struct layer_stats *stats, struct error *err);

#endif
