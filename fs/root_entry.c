// SPDX-License-Identifier: BSD-2-Clause
#include "fs/root_entry.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "fs/filesystem.h"
#include "fs/root_mounts.h"

/* Make the directory of the descriptor the root: what is above is left behind by those who chroot. */
static int root_change(int fd, struct error *err)
{
	if (fchdir(fd) < 0 || chroot(".") < 0)
		return error_errno(err, "cannot enter the traced root");
	return 0;
}

/* The same, with the old root taken out of the namespace where that is allowed. */
static int root_pivot(int fd, struct error *err)
{
	if (fchdir(fd) < 0)
		return error_errno(err, "cannot enter the traced root");
	/* refused by container engines' filters of system calls, and where the root is rootfs */
	if (syscall(SYS_pivot_root, ".", ".") < 0)
		return root_change(fd, err);
	if (umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return error_errno(err, "cannot leave the old root");
	return 0;
}

int root_enter_apart(int tree_fd, const char *source, bool make, bool disks_too, struct error *err)
{
	struct root_mounts mounts;
	int r;

	/* what is mounted outside later comes in, what is mounted inside stays inside */
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return error_errno(err, "cannot keep mounts to ourselves");
	r = root_mounts_take(&mounts, source, disks_too, err);
	if (r == 0) {
		r = filesystem_attach(tree_fd, "/");
		if (r < 0)
			error_code(err, r, "cannot mount the traced root");
	}
	if (r == 0)
		r = root_mounts_put(&mounts, tree_fd, make, err);
	root_mounts_release(&mounts);
	return r < 0 ? r : root_pivot(tree_fd, err);
}

/* In a namespace that nobody else sees: everything put together, and a clone of it taken away. */
static int assemble(int tree_fd, const struct root_mounts *mounts, bool make, int *ret_fd,
		    struct error *err)
{
	int r;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return error_errno(err, "cannot make a mount namespace");
	r = filesystem_attach(tree_fd, "/");
	if (r < 0)
		return error_code(err, r, "cannot mount the traced root");
	r = root_mounts_put(mounts, tree_fd, make, err);
	if (r < 0)
		return r;
	*ret_fd = open_tree(tree_fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC |
						 AT_RECURSIVE);
	return *ret_fd < 0 ? error_errno(err, "cannot take the traced root along") : 0;
}

int root_enter_in_place(int tree_fd, bool make, struct error *err)
{
	_cleanup_(closep) int here = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC), whole = -1;
	struct root_mounts mounts;
	int r;

	if (here < 0)
		return error_errno(err, "cannot look at the mount namespace");
	r = root_mounts_take(&mounts, "/", true, err);
	if (r == 0)
		r = assemble(tree_fd, &mounts, make, &whole, err);
	root_mounts_release(&mounts);
	if (r < 0)
		return r;
	if (setns(here, CLONE_NEWNS) < 0)
		return error_errno(err, "cannot go back to the mount namespace");
	/* nothing is put over what others share */
	if (mount(NULL, "/", NULL, MS_PRIVATE, NULL) < 0)
		return error_errno(err, "cannot keep the root to ourselves");
	r = filesystem_attach(whole, "/");
	if (r < 0)
		return error_code(err, r, "cannot put the traced root over /");
	return root_change(whole, err);
}
