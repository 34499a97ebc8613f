/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Scratch: an overlayfs above a mount that shall not change, which takes all that is written. It is
 * put together in a stage, a directory of three: "lower", where the mount is for as long as that
 * takes, "upper", what is written, and overlayfs's "work". The overlay then holds the mount and the
 * directories, and the stage is left:
 *
 *	scratch=tmpfs    a tmpfs below TMPDIR, gone with the overlay
 *	scratch=DIR      that directory; upper stays there with what was written
 */
#ifndef FS_OVERLAY_H
#define FS_OVERLAY_H

#include <stdbool.h>

#include "db/base/error.h"
#include "fs/sticky_directories.h"

/*
 * What the mount table has as its source, followed by ":" and the pid of who serves it: a dead one is
 * known by it for ours, and the manifest's readers know it for a session's (db/writer_mount.h).
 */
#define OVERLAY_SOURCE "tracefs"
enum { OVERLAY_SOURCE_SIZE = 40 };
void overlay_source(char buffer[OVERLAY_SOURCE_SIZE]);

struct overlay {
	const char *scratch; /* a directory, or "tmpfs" */
	int root_fd;         /* the root whose attributes the overlay shows: the source's, or that above it */
	const char *above;   /* a directory that covers mount_fd; or NULL */
	const char *place;   /* in which a tmpfs is put together; NULL: TMPDIR, or /tmp */
	struct sticky_directories *directories; /* of it */
	unsigned int attributes; /* MOUNT_ATTR_* */
	bool opens_once; /* mount_fd is made for it, if the kernel can: fs/first_opens.h */
};

/*
 * Make the overlay of scratch above mount_fd: a descriptor of its mount, seen by nobody yet, which
 * the caller closes; or a negative errno, and the stage is left as well. What is asked of mount_fd
 * must be answered meanwhile. *ret_opens_once: the kernel can. *ret_upper_fd: what takes all that is written,
 * also the caller's; or -1.
 */
int overlay_make(const struct overlay *overlay, int mount_fd, bool *ret_opens_once, int *ret_upper_fd,
		 struct error *err);

#endif
