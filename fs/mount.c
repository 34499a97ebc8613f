// SPDX-License-Identifier: BSD-2-Clause
#include "fs/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "fs/filesystem.h"
#include "fs/mountpoint.h"
#include "fs/overlay.h"

bool mount_is_root_of_all(void)
{
	_cleanup_(fclosep) FILE *file = fopen("/proc/self/uid_map", "re");
	unsigned int inside = 1, outside = 1, count = 0;

	return geteuid() == 0 && file &&
	       fscanf(file, "%u %u %u", &inside, &outside, &count) == 3 && inside == 0 &&
	       outside == 0 && count == 4294967295u;
}

bool mount_privileged(void)
{
	_cleanup_(closep) int context = fsopen("fuse", FSOPEN_CLOEXEC);

	return context >= 0;
}

static int device_open(struct error *err)
{
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return error_set(err, -ENOENT, "there is no /dev/fuse: load the kernel's fuse "
					       "module, or give the container the device");
	if (fd < 0)
		return error_errno(err, "cannot open /dev/fuse");
	return fd;
}

static unsigned int attributes_of(const struct options *options, bool read_only)
{
	return (read_only ? MOUNT_ATTR_RDONLY : 0u) | (options->nosuid ? MOUNT_ATTR_NOSUID : 0u) |
	       (options->nodev ? MOUNT_ATTR_NODEV : 0u) |
	       (options->noexec ? MOUNT_ATTR_NOEXEC : 0u) |
	       (options->noatime ? MOUNT_ATTR_NOATIME : 0u);
}

int mount_open(struct mount *mount, const struct options *options, const char *source,
	       bool permissions, bool allow_other, struct error *err)
{
	char fd[16], uid[16], gid[16];
	struct parameter parameters[12];
	size_t n = 0;

	*mount = (struct mount){.options = options,
				.mountpoint = options->mountpoint,
				.source = source,
				.fuse_fd = -1,
				.mount_fd = -1};
	mount->fuse_fd = device_open(err);
	if (mount->fuse_fd < 0)
		return mount->fuse_fd;
	snprintf(fd, sizeof(fd), "%d", mount->fuse_fd);
	snprintf(uid, sizeof(uid), "%u", (unsigned int)geteuid());
	snprintf(gid, sizeof(gid), "%u", (unsigned int)getegid());
	parameters[n++] = (struct parameter){"source", source};
	parameters[n++] = (struct parameter){"subtype", "tracefs"};
	parameters[n++] = (struct parameter){"fd", fd};
	parameters[n++] = (struct parameter){"rootmode", "40000"};
	parameters[n++] = (struct parameter){"user_id", uid};
	parameters[n++] = (struct parameter){"group_id", gid};
	if (allow_other)
		parameters[n++] = (struct parameter){"allow_other", NULL};
	if (permissions)
		parameters[n++] = (struct parameter){"default_permissions", NULL};
	if (options->scratch || options->read_only)
		parameters[n++] = (struct parameter){"ro", NULL};
	if (options->sync)
		parameters[n++] = (struct parameter){"sync", NULL};
	parameters[n] = (struct parameter){NULL, NULL};
	mount->mount_fd = filesystem_make("fuse", parameters,
					  attributes_of(options, options->scratch ||
									 options->read_only),
					  "cannot make the FUSE mount", err);
	return mount->mount_fd < 0 ? mount->mount_fd : 0;
}

int mount_open_by_helper(struct mount *mount, const struct options *options, const char *source,
			 struct fuse_session *session, struct error *err)
{
	*mount = (struct mount){.options = options,
				.mountpoint = options->mountpoint,
				.source = source,
				.fuse_fd = -1,
				.mount_fd = -1,
				.by_helper = true};
	if (options->scratch)
		return error_set(err, -EPERM,
				 "scratch= needs root, or a user namespace of your own: "
				 "unshare -Urm tracefs …");
	if (access("/dev/fuse", R_OK | W_OK) < 0)
		return error_errno(err, "this user may not open /dev/fuse; run tracefs as root, or "
					"let the user read and write it");
	if (fuse_session_mount(session, options->mountpoint) < 0)
		return error_set(err, -EPERM, "fusermount3 could not mount at %s (is the package "
					      "fuse3 installed?)", options->mountpoint);
	mount->fuse_fd = fuse_session_fd(session);
	mount->attached = true;
	return 0;
}

int mount_stack(struct mount *mount, int root_fd, struct error *err)
{
	const struct options *options = mount->options;
	int fd;

	if (!options->scratch)
		return 0;
	fd = overlay_make(options->scratch, mount->mount_fd, root_fd, attributes_of(options, false),
			  err);
	if (fd < 0)
		return fd;
	close(mount->mount_fd); /* the overlay holds it */
	mount->mount_fd = fd;
	return 0;
}

/* What is seen at the mount point now is ours. */
static void mount_identify(struct mount *mount)
{
	struct stat st;

	mount->attached = true;
	mount->id = mountpoint_id(mount->mountpoint);
	if (stat(mount->mountpoint, &st) == 0)
		mount->dev = st.st_dev;
}

int mount_attach(struct mount *mount, struct error *err)
{
	int r;

	if (mount->by_helper) { /* it is there already, and now it can answer */
		mount_identify(mount);
		return 0;
	}
	r = filesystem_attach(mount->mount_fd, mount->mountpoint);
	if (r < 0)
		return error_code(err, r, "cannot mount at %s", mount->mountpoint);
	closep(&mount->mount_fd);
	mount->mount_fd = -1;
	mount_identify(mount);
	return 0;
}

int mount_give(struct mount *mount, struct error *err)
{
	struct stat st;

	if (fstat(mount->mount_fd, &st) < 0)
		return error_errno(err, "cannot look at the traced root");
	mount->dev = st.st_dev;
	closep(&mount->mount_fd);
	mount->mount_fd = -1;
	return 0;
}

bool mount_detach(struct mount *mount, struct fuse_session *session)
{
	if (!mount->attached)
		return false;
	mount->attached = false;
	if (mount->by_helper)
		fuse_session_unmount(session);
	else if (mountpoint_id(mount->mountpoint) == mount->id &&
		 umount2(mount->mountpoint, UMOUNT_NOFOLLOW) < 0)
		return umount2(mount->mountpoint, MNT_DETACH | UMOUNT_NOFOLLOW) == 0;
	return false;
}

void mount_release(struct mount *mount)
{
	closep(&mount->mount_fd);
	if (!mount->by_helper)
		closep(&mount->fuse_fd);
}
