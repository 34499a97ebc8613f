// SPDX-License-Identifier: BSD-2-Clause
#include "stage/mount/squashfs.h"

#include <stdio.h>
#include <sys/mount.h>

#include "db/base/cleanup.h"
#include "stage/mount/loop.h"
#include "stage/mount/mount.h"
#include "stage/mount/squashfuse.h"
#include "stage/mount/user.h"

static int mount_by_kernel(int image, const char *name, int *ret_mount, struct error *err)
{
	_cleanup_(closep) int loop = -1, context = -1;
	char path[32], what[300];
	int r = loop_attach(image, name, true, &loop, err);

	if (r < 0)
		return r;
	snprintf(what, sizeof(what), "'%.280s'", name);
	context = fsopen("squashfs", FSOPEN_CLOEXEC);
	if (context < 0)
		return error_errno(err, "cannot mount %s", what);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", loop);
	if (fsconfig(context, FSCONFIG_SET_STRING, "source", path, 0) < 0 ||
	    fsconfig(context, FSCONFIG_SET_FLAG, "ro", NULL, 0) < 0)
		return mount_failed(context, what, err);
	return mount_finish(context,
			    MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
				    MOUNT_ATTR_NOEXEC,
			    what, ret_mount, err);
}

/* A user has no loop devices, and the kernel reads no image for him. */
int squashfs_mount(int image, const char *name, int *ret_mount, struct error *err)
{
	return user_is_plain() ? squashfuse_mount(image, name, ret_mount, err)
			       : mount_by_kernel(image, name, ret_mount, err);
}
