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

enum { STICKY_DEPTH = 3 };

/*
 * Walk the source and make in the upper directory what is sticky, with the same owner, mode,
 * extended attributes and times. Best effort: what cannot be read or made is left as it is.
 */
void sticky_directories_prepare(int source_fd, int upper_fd);

/*
 * Give one open directory the extended attributes, owner and mode of another; 0 or a negative errno.
 * Where its file system takes no access control list, the mode makes up for it (fs/acl.h).
 */
int directory_attributes_copy(int from, int to);

#endif
