/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sticky bit of directories in a lower layer. A FUSE mount without default_permissions keeps it
 * from the kernel's own checks, so an overlay above would let anybody delete anybody's files in
 * /tmp, until something makes it copy the directory up. Here that is done before anybody is let in,
 * for the sticky directories in the first STICKY_DEPTH levels of a root.
 */
#ifndef FS_STICKY_H
#define FS_STICKY_H

enum { STICKY_DEPTH = 3 };

/*
 * Walk the source and copy up in the overlay what is sticky. Best effort: what cannot be read is
 * left as it is.
 */
void sticky_copy_up(int source_fd, int overlay_fd);

#endif
