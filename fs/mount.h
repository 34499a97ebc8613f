/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Putting it there and taking it away. A mount is prepared where nobody sees it, and appears at the
 * mount point whole, in one step:
 *
 *	plain     the FUSE mount itself
 *	scratch   overlayfs, above the FUSE mount, whose own place is given up again: the overlay holds
 *	          it, and lets it go when it is unmounted
 *
 * Without the right to mount, fusermount3 does it, and a plain mount appears at once.
 */
#ifndef FS_MOUNT_H
#define FS_MOUNT_H

#include <fuse_lowlevel.h>
#include <stdbool.h>
#include <stdint.h>

#include "db/base/error.h"
#include "fs/options.h"

struct mount {
	const struct options *options;
	const char *mountpoint;  /* canonical; of options */
	const char *source;      /* canonical; borrowed */
	int fuse_fd;             /* /dev/fuse */
	int mount_fd;            /* what is to appear, or -1 */
	char *stage;             /* the directory in which things are put together, or NULL */
	bool stage_is_tmpfs;
	bool by_helper;          /* fusermount3 did it */
	bool attached;
	uint64_t id;             /* of the mount that is seen, as statx() has it */
	dev_t dev;               /* and its device, as stat() has it */
};

/*
 * Can this be a mount point? 0 and its canonical path (the caller frees), or an error. A mount left
 * there by a tracefs that died is taken away.
 */
int mount_point_check(const char *path, char **ret_path, struct error *err);

/* Root, and not of a user namespace only: kernel passthrough is for nobody else. */
bool mount_is_root_of_all(void);
/* Do we have the right to mount? */
bool mount_privileged(void);

/* Open /dev/fuse and make the FUSE mount, not to be seen yet. permissions: the kernel checks them. */
int mount_open(struct mount *mount, const struct options *options, const char *source,
	       bool permissions, bool allow_other, struct error *err);
/* The same by fusermount3; session was made with mount_helper_arguments(). */
int mount_open_by_helper(struct mount *mount, const struct options *options, const char *source,
			 struct fuse_session *session, struct error *err);
/* With scratch: put the overlay above it. Requests must be answered by now. root_fd: the source's. */
int mount_stack(struct mount *mount, int root_fd, struct error *err);
/* Let it be seen. */
int mount_attach(struct mount *mount, struct error *err);
/*
 * Take it away; where it is in use, it stays for its users and is gone for everybody else: true
 * then. Requests must still be answered.
 */
bool mount_detach(struct mount *mount, struct fuse_session *session);
void mount_release(struct mount *mount);

#endif
