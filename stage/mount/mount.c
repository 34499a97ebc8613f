// SPDX-License-Identifier: BSD-2-Clause
#include "stage/mount/mount.h"

#include <errno.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "db/base/cleanup.h"

int mount_open_in(int rootfd, const char *path, int flags, mode_t mode)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.mode = flags & O_CREAT ? mode : 0,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	long fd;

	/* EAGAIN: something was renamed meanwhile, and ".." could not be trusted */
	do
		fd = syscall(SYS_openat2, rootfd, path, &how, sizeof(how));
	while (fd < 0 && errno == EAGAIN);
	return fd < 0 ? -errno : (int)fd;
}

int mount_failed(int context, const char *what, struct error *err)
{
	int code = -errno;
	char text[256];
	ssize_t n;

	/* "e overlay: No changes allowed in reconfigure": the level comes first */
	while ((n = read(context, text, sizeof(text) - 1)) > 2) {
		text[n] = '\0';
		if (text[0] == 'e')
			return error_set(err, code, "cannot mount %s: %s", what, text + 2);
	}
	return error_code(err, code, "cannot mount %s", what);
}

int mount_finish(int context, uint64_t attributes, const char *what, int *ret_mount,
		 struct error *err)
{
	int mount;

	if (fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return mount_failed(context, what, err);
	mount = fsmount(context, FSMOUNT_CLOEXEC, (unsigned int)attributes);
	if (mount < 0)
		return mount_failed(context, what, err);
	*ret_mount = mount;
	return 0;
}

int mount_tmpfs(mode_t mode, uint64_t size, int *ret_mount, struct error *err)
{
	_cleanup_(closep) int context = fsopen("tmpfs", FSOPEN_CLOEXEC);
	char text[32];

	if (context < 0)
		return error_errno(err, "cannot mount a tmpfs");
	snprintf(text, sizeof(text), "%o", (unsigned int)mode);
	if (fsconfig(context, FSCONFIG_SET_STRING, "source", "sfc", 0) < 0 ||
	    fsconfig(context, FSCONFIG_SET_STRING, "mode", text, 0) < 0)
		return mount_failed(context, "a tmpfs", err);
	snprintf(text, sizeof(text), "%ju", (uintmax_t)size);
	if (size && fsconfig(context, FSCONFIG_SET_STRING, "size", text, 0) < 0)
		return mount_failed(context, "a tmpfs", err);
	return mount_finish(context, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, "a tmpfs", ret_mount,
			    err);
}

int mount_clone(int dirfd, const char *path, bool deep, int *ret_mount, struct error *err)
{
	unsigned int flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;
	int mount;

	if (!*path)
		flags |= AT_EMPTY_PATH;
	if (deep)
		flags |= AT_RECURSIVE;
	mount = open_tree(dirfd, path, flags);
	if (mount < 0)
		return error_errno(err, "cannot bind '%s'", path);
	*ret_mount = mount;
	return 0;
}

int mount_set(int mount, uint64_t set, uint64_t clear, bool deep, struct error *err)
{
	struct mount_attr attributes = {.attr_set = set, .attr_clr = clear};
	unsigned int flags = AT_EMPTY_PATH;

	if (deep)
		flags |= AT_RECURSIVE;
	if (mount_setattr(mount, "", flags, &attributes, sizeof(attributes)) < 0)
		return error_errno(err, "cannot change the flags of a mount");
	return 0;
}

int mount_attach(int mount, int dirfd, const char *path, struct error *err)
{
	if (move_mount(mount, "", dirfd, path, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return error_errno(err, "cannot mount at '%s'", path);
	return 0;
}
