// SPDX-License-Identifier: BSD-2-Clause
#include "fs/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "fs/filesystem.h"
#include "fs/mountpoint.h"
#include "fs/overlay.h"

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

/* What is needed to make the FUSE mount, by whoever does it. */
struct making {
	const struct options *options;
	const char *source;
	bool permissions, allow_other;
};

/* fds: /dev/fuse, and the mount. */
static int make_fuse(void *data, int fds[ELSEWHERE_FDS], struct error *err)
{
	const struct making *making = data;
	const struct options *options = making->options;
	char fd[16], uid[16], gid[16];
	struct parameter parameters[12];
	size_t n = 0;

	fds[0] = device_open(err);
	if (fds[0] < 0)
		return fds[0];
	snprintf(fd, sizeof(fd), "%d", fds[0]);
	snprintf(uid, sizeof(uid), "%u", (unsigned int)geteuid());
	snprintf(gid, sizeof(gid), "%u", (unsigned int)getegid());
	parameters[n++] = (struct parameter){"source", making->source};
	parameters[n++] = (struct parameter){"subtype", "tracefs"};
	parameters[n++] = (struct parameter){"fd", fd};
	parameters[n++] = (struct parameter){"rootmode", "40000"};
	parameters[n++] = (struct parameter){"user_id", uid};
	parameters[n++] = (struct parameter){"group_id", gid};
	if (making->allow_other)
		parameters[n++] = (struct parameter){"allow_other", NULL};
	if (making->permissions)
		parameters[n++] = (struct parameter){"default_permissions", NULL};
	if (options->scratch || options->read_only)
		parameters[n++] = (struct parameter){"ro", NULL};
	if (options->sync)
		parameters[n++] = (struct parameter){"sync", NULL};
	parameters[n] = (struct parameter){NULL, NULL};
	fds[1] = filesystem_make("fuse", parameters,
				 attributes_of(options, options->scratch || options->read_only),
				 "cannot make the FUSE mount", err);
	return fds[1] < 0 ? fds[1] : 0;
}

int mount_open(struct mount *mount, const struct elsewhere *ns, const struct options *options,
	       const char *source, bool permissions, bool allow_other, struct error *err)
{
	struct making making = {options, source, permissions, allow_other};
	int fds[ELSEWHERE_FDS], r;

	*mount = (struct mount){.options = options,
				.ns = ns,
				.mountpoint = options->mountpoint,
				.source = source,
				.fuse_fd = -1,
				.mount_fd = -1,
				.upper_fd = -1};
	r = elsewhere_call(ns, make_fuse, &making, sizeof(making), fds, err);
	mount->fuse_fd = fds[0];
	mount->mount_fd = fds[1];
	return r;
}

int mount_open_by_helper(struct mount *mount, const struct options *options, const char *source,
			 struct fuse_session *session, struct error *err)
{
	*mount = (struct mount){.options = options,
				.mountpoint = options->mountpoint,
				.source = source,
				.fuse_fd = -1,
				.mount_fd = -1,
				.upper_fd = -1,
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

struct stacking {
	const struct overlay *overlay;
	int mount_fd;
	bool opens_once;
};

static int stack(void *data, int fds[ELSEWHERE_FDS], struct error *err)
{
	struct stacking *stacking = data;

	fds[0] = overlay_make(stacking->overlay, stacking->mount_fd, &stacking->opens_once, &fds[1], err);
	return fds[0] < 0 ? fds[0] : 0;
}

int mount_stack(struct mount *mount, int root_fd, bool *opens_once, struct error *err)
{
	_cleanup_(sticky_directories_release) struct sticky_directories directories = ARRAY_INIT;
	const struct options *options = mount->options;
	_cleanup_(closep) int above = options->above ? open(options->above, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	const struct overlay overlay = {.scratch = options->scratch,
					.root_fd = options->above ? above : root_fd,
					.above = options->above,
					.place = options->traces,
					.directories = &directories,
					.attributes = attributes_of(options, options->above && options->read_only),
					.opens_once = *opens_once};
	struct stacking stacking = {&overlay, mount->mount_fd, false};
	int fds[ELSEWHERE_FDS], r;

	if (!options->scratch)
		return 0;
	if (options->above && above < 0)
		return error_errno(err, "cannot open %s", options->above);
	r = sticky_directories_find(&directories, overlay.root_fd);
	if (r < 0)
		return error_code(err, r, "cannot read %s", options_base(options));
	r = elsewhere_call(mount->ns, stack, &stacking, sizeof(stacking), fds, err);
	if (r < 0)
		return r;
	close(mount->mount_fd); /* the overlay holds it */
	mount->mount_fd = fds[0];
	mount->upper_fd = fds[1];
	*opens_once = stacking.opens_once;
	return 0;
}

/* What is there to be seen, or taken away. */
struct attached {
	const char *mountpoint;
	int mount_fd; /* or -1: fusermount3 has put it there already */
	uint64_t id;
	dev_t dev;
	bool busy;
};

/* By its descriptor: from the place, where it is seen, somebody may have taken it by now. */
static int attach(void *data, int fds[ELSEWHERE_FDS], struct error *err)
{
	struct attached *a = data;
	struct statx stx;
	int r = a->mount_fd < 0 ? 0 : filesystem_attach(a->mount_fd, a->mountpoint);

	(void)fds;
	if (r < 0)
		return error_code(err, r, "cannot mount at %s", a->mountpoint);
	if (statx(a->mount_fd < 0 ? AT_FDCWD : a->mount_fd, a->mount_fd < 0 ? a->mountpoint : "",
		  AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE | STATX_MNT_ID, &stx) < 0)
		return error_errno(err, "cannot look at what is mounted at %s", a->mountpoint);
	a->id = stx.stx_mnt_id;
	a->dev = makedev(stx.stx_dev_major, stx.stx_dev_minor);
	return 0;
}

int mount_attach(struct mount *mount, struct error *err)
{
	struct attached a = {.mountpoint = mount->mountpoint, .mount_fd = mount->mount_fd};
	int r;

	r = elsewhere_call(mount->ns, attach, &a, sizeof(a), NULL, err);
	if (r < 0)
		return r;
	closep(&mount->mount_fd);
	mount->mount_fd = -1;
	mount->attached = true;
	mount->id = a.id;
	mount->dev = a.dev;
	return 0;
}

static int detach(void *data, int fds[ELSEWHERE_FDS], struct error *err)
{
	struct attached *a = data;

	(void)fds;
	(void)err;
	if (mountpoint_id(a->mountpoint) == a->id &&
	    umount2(a->mountpoint, UMOUNT_NOFOLLOW) < 0)
		a->busy = umount2(a->mountpoint, MNT_DETACH | UMOUNT_NOFOLLOW) == 0;
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
	struct attached a = {.mountpoint = mount->mountpoint, .id = mount->id};

	if (!mount->attached)
		return false;
	mount->attached = false;
	if (mount->by_helper)
		fuse_session_unmount(session);
	else
		elsewhere_call(mount->ns, detach, &a, sizeof(a), NULL, NULL);
	return a.busy;
}

void mount_release(struct mount *mount)
{
	closep(&mount->mount_fd);
	closep(&mount->upper_fd);
	if (!mount->by_helper)
		closep(&mount->fuse_fd);
}
