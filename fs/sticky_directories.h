/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sticky bit of directories in a lower layer. A FUSE mount without default_permissions keeps it
 * from the kernel's own checks, so an overlay above would let anybody delete anybody's files in
 * /tmp, until something makes it copy the directory up. So the sticky directories in the first
 * STICKY_DEPTH levels of a root, and the directories on the way to them, are put into the upper
 * layer before there is an overlay: it merges them, and asks the lower one for each name once.
 */
#ifndef FS_STICKY_DIRECTORIES_H
#define FS_STICKY_DIRECTORIES_H

#include <stdbool.h>
#include <sys/stat.h>

#include "db/base/array.h"

enum { STICKY_DEPTH = 3 };

struct sticky_directory {
	char *path; /* relative */
	struct stat st;
	bool made;  /* in the upper directory, by us */
};

/* The root is the first, sticky or not. */
struct sticky_directories {
	struct sticky_directory *items;
	size_t count, capacity;
};

/*
 * Walk the source. Best effort: what cannot be read is left out; a negative errno when it is the
 * root. They are found and made in two steps because owners have their true numbers where we are,
 * and can only be given to files inside the user namespace of the mount.
 */
int sticky_directories_find(struct sticky_directories *list, int source_fd);
void sticky_directories_release(struct sticky_directories *list);

/*
 * Make them in the upper directory with the same owner, mode, extended attributes and times, and give
 * itself those of the root: 0, or a negative errno where that cannot be done. What cannot be made
 * otherwise is left as it is. Where its file system takes no access control list, the mode makes up
 * for it (fs/acl.h).
 */
int sticky_directories_make(struct sticky_directories *list, int source_fd, int upper_fd);

#endif
