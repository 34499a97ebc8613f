/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Putting the mount there and taking it away. A mount is prepared where nobody sees it, and
 * appears at the mount point whole, in one step:
 *
 *	plain     the FUSE mount itself
 *	scratch   overlayfs above the FUSE mount (fs/overlay.h), which is itself seen nowhere: the
 *	          overlay holds it, and lets it go when it is unmounted
 *
 * All of it happens in the namespace that the mount is for (fs/elsewhere.h).
 *
 * Without the right to mount, fusermount3 does it, and a plain mount appears at once.
 */
#ifndef FS_MOUNT_H
#define FS_MOUNT_H

#include <fuse_lowlevel.h>
#include <stdbool.h>
#include <stdint.h>

#include "db/base/error.h"
#include "fs/elsewhere.h"
#include "fs/options.h"

struct mount {
	const struct options *options;
	const struct elsewhere *ns; /* in which it is; NULL: ours */
	const char *mountpoint;  /* canonical; of options */
	const char *source;      /* canonical; borrowed */
	int fuse_fd;             /* /dev/fuse */
	int mount_fd;            /* what is to appear, or -1 */
	int upper_fd;            /* of a scratch: what is written there; or -1 */
	bool by_helper;          /* fusermount3 did it */
	bool attached;
	uint64_t id;             /* of the mount that is seen, as statx() has it */
	dev_t dev;               /* and its device, as stat() has it */
};

/* Do we have the right to mount? */
bool mount_privileged(void);

/*
 * Open /dev/fuse and make the FUSE mount, not to be seen yet. permissions: the kernel checks them;
 * allow_other: other users may enter. What is borrowed outlives the mount. mount_release() is
 * called whatever became of it, as of all that follows here.
 */
int mount_open(struct mount *mount, const struct elsewhere *ns, const struct options *options,
	       const char *source, bool permissions, bool allow_other, struct error *err);
/* The same by fusermount3, whose options the session was made with; it is seen at once. */
int mount_open_by_helper(struct mount *mount, const struct options *options, const char *source,
			 struct fuse_session *session, struct error *err);
/*
 * With scratch: put the overlay above it (fs/overlay.h). Requests must be answered by now. opens_once:
 * the FUSE mount is made for it; after, whether the kernel can.
 */
int mount_stack(struct mount *mount, int root_fd, bool *opens_once, struct error *err);
/* Let it be seen. */
int mount_attach(struct mount *mount, struct error *err);
/*
 * The other way to be seen: whoever has been given mount_fd put it somewhere, and it is not ours to
 * take away.
 */
int mount_give(struct mount *mount, struct error *err);
/*
 * Take it away; where it is in use, it stays for its users and is gone for everybody else: true
 * then. Requests must still be answered.
 */
bool mount_detach(struct mount *mount, struct fuse_session *session);
/* Closes what is open; does not unmount. */
void mount_release(struct mount *mount);

#endif
