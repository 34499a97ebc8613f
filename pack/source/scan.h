/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the disk into a tree: one name, or a whole directory. Everything is taken as it is: owners,
 * modes, times, extended attributes, hard links (names of one device and inode number in one scan
 * share an inode), sparse files, devices.
 */
#ifndef PACK_SOURCE_SCAN_H
#define PACK_SOURCE_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "db/base/error.h"
#include "pack/tree/tree.h"

/* What a scan remembers between names: hard links, what had to be left out. */
struct scan;

struct scan_options {
	bool no_xattrs;
	bool xdev;         /* stay on the file system of the root */
	bool keep_going;   /* what vanishes meanwhile is left out and counted, not an error */
	/* Asked for each path before it is taken; false leaves it (and what is below) out. Or NULL. */
	bool (*wanted)(const char *path, uint32_t mode, void *data);
	void *data;
	/* The directory of the tree that stands for the root; NULL: the tree's root. */
	struct node *top;
};

/* rootfd: O_PATH or readable directory; borrowed, and must outlive the tree. */
int scan_new(int rootfd, const struct scan_options *options, struct scan **ret_scan);
void scan_free(struct scan *scan);
void scan_freep(struct scan **scan);

/*
 * Put what is at `path` (canonical, inside the root; parents are not links) into the tree under the
 * same path, without its children. A parent that is missing in the tree is made by scanning it
 * first. *ret_node is the node; when the path is in the tree already, that one.
 * -ENOENT with err set when it is not there.
 */
int scan_path(struct scan *scan, struct tree *tree, const char *path, struct node **ret_node,
	      struct error *err);

/* The whole root. Walks by descriptors, in time linear in the names. */
int scan_all(struct scan *scan, struct tree *tree, struct error *err);

/*
 * What the format below cannot hold and was not taken ("system.posix_acl_access" of 3 files), as one
 * sentence per kind for the program to print; NULL when nothing. Owned by the scan.
 */
const char *scan_warnings(const struct scan *scan);

/* With keep_going: names that vanished or could not be read, and were left out. */
uint64_t scan_left_out(const struct scan *scan);

#endif
