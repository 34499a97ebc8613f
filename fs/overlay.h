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

#include "db/base/error.h"

/*
 * What the mount table has as its source, followed by ":" and the pid of who serves it: a dead one is
 * known by it for ours, and the manifest's readers know it for a session's (db/writer_mount.h).
 */
#define OVERLAY_SOURCE "tracefs"
enum { OVERLAY_SOURCE_SIZE = 40 };
void overlay_source(char buffer[OVERLAY_SOURCE_SIZE]);

/*
 * Make the overlay of scratch above mount_fd: a descriptor of its mount, seen by nobody yet, which
 * the caller closes; or a negative errno, and the stage is left as well. root_fd is the source's
 * root, whose mode, owner and times the overlay shows; attributes are MOUNT_ATTR_*. What is asked
 * of mount_fd must be answered meanwhile.
 */
int overlay_make(const char *scratch, int mount_fd, int root_fd, unsigned int attributes,
		 struct error *err);

#endif
