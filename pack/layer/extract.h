/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A tree as a directory on disk. Everything is made by descriptor and name below the directory
 * given, which nobody else may be able to write (see extract_dir.h); no link in the tree is ever
 * followed.
 */
#ifndef PACK_LAYER_EXTRACT_H
#define PACK_LAYER_EXTRACT_H

#include <stdbool.h>
#include <stdint.h>

#include "db/base/error.h"
#include "pack/tree/tree.h"

struct extract_options {
	bool keep_owners; /* root only, a user namespace's too; without it set-id bits go too, as they would
			     name another owner */
	bool leave_devices; /* device nodes that may not be made are left out */
	void (*progress)(uint64_t done, void *data); /* bytes of contents; or NULL */
	void *progress_data;
	const volatile int *cancel;
};

struct extract_stats {
	uint64_t bytes;
	uint64_t owners_lost; /* inodes that are not ours and whose owner was not kept */
	uint64_t devices_lost; /* names of device nodes that were left out */
	uint64_t xattrs_lost; /* extended attributes this place or this user cannot set */
};

/*
 * Make everything below `root` (a directory of a tree) in the directory dirfd, and give that its
 * own attributes but the mode, which extract_dir_publish() sets.
 */
int extract_tree(struct node *root, int dirfd, const struct extract_options *options,
		 struct extract_stats *stats, struct error *err);

#endif
