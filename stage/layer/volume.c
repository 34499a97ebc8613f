// SPDX-License-Identifier: BSD-2-Clause
#include "stage/layer/volume.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/program.h"
#include "db/base/size.h"
#include "stage/layer/quota.h"
#include "stage/mount/loop.h"
#include "stage/mount/mount.h"
#include "stage/mount/user.h"

static const char volume[] = "volume", unfinished[] = "volume.new";

enum { LEAST = 8 << 20, ROOM_MOST = 1 << 20 };

/* ---- a file system in a file ---- */

static int make_file_system(int directory, const char *name, struct error *err)
{
	_cleanup_(text_release) struct text said = TEXT_INIT;
	char path[64];
	const char *const words[] = {"mkfs.ext4", "-q", "-F", "-b", "4096", "-m", "0",
				     "-E", "lazy_itable_init=1,root_owner=0:0", path, NULL};
	int r;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d/%s", (int)getpid(), directory, name);
	r = program_run(words, &said, &said, err);
	if (r == -ENOENT || r == 127)
		return error_set(err, -ENOENT, "--layer-size needs mkfs.ext4, which is not here; install it "
					       "(Debian: apt-get install e2fsprogs)");
	if (r > 0)
		return error_set(err, -EIO, "mkfs.ext4 cannot make the layer's file system: %s",
				 program_line(&said, "mkfs.ext4: "));
	return r;
}

/* Under its name only when whole. */
static int make_volume(int directory, uint64_t size, struct error *err)
{
	_cleanup_(closep) int file = openat(directory, unfinished,
					    O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r;

	if (file < 0 || ftruncate(file, (off_t)size) < 0)
		return error_errno(err, "cannot make the layer's file system");
	r = make_file_system(directory, unfinished, err);
	if (r < 0)
		return r;
	if (fsync(file) < 0 || renameat(directory, unfinished, directory, volume) < 0 || fsync(directory) < 0)
		return error_errno(err, "cannot make the layer's file system");
	return 0;
}

static int mount_volume(int directory, const char *shown, bool read_only, int *ret_mount, struct error *err)
{
	_cleanup_(closep) int file = -1, loop = -1, context = -1;
	char source[32], what[300];
	int r;

	file = openat(directory, volume, (read_only ? O_RDONLY : O_RDWR) | O_NOFOLLOW | O_CLOEXEC);
	if (file < 0)
		return errno == ENOENT ? -ENOENT : error_errno(err, "cannot open the volume of '%s'", shown);
	r = loop_attach(file, shown, read_only, &loop, err);
	if (r < 0)
		return r;
	snprintf(what, sizeof(what), "the volume of '%.260s'", shown);
	snprintf(source, sizeof(source), "/proc/self/fd/%d", loop);
	context = fsopen("ext4", FSOPEN_CLOEXEC);
	if (context < 0)
		return error_errno(err, "cannot mount %s", what);
	if (fsconfig(context, FSCONFIG_SET_STRING, "source", source, 0) < 0 ||
	    fsconfig(context, FSCONFIG_SET_FLAG, read_only ? "ro" : "discard", NULL, 0) < 0 ||
	    (read_only && fsconfig(context, FSCONFIG_SET_FLAG, "noload", NULL, 0) < 0))
		return mount_failed(context, what, err);
	/* the overlay above does not inherit these: set-id programs work inside */
	return mount_finish(context, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |
					     (read_only ? MOUNT_ATTR_RDONLY : 0),
			    what, ret_mount, err);
}

/* ---- either ---- */

static int check_size(const char *shown, uint64_t had, uint64_t size, struct error *err)
{
	const char *unit;
	uint64_t number = size_in_units(had, &unit);

	if (had == size)
		return 0;
	if (!had)
		return error_set(err, -EINVAL,
				 "the layer '%s' has been used without --layer-size; remove the instance "
				 "and start it anew", shown);
	return error_set(err, -EINVAL, "the layer '%s' was made with --layer-size %" PRIu64 "%s, which cannot be "
				       "changed", shown, number, unit);
}

/* Of one that is in a file system of its own; 0: there is none yet. */
static int size_of(int directory, uint64_t *ret_size)
{
	struct stat st;

	if (fstatat(directory, volume, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	*ret_size = (uint64_t)st.st_size;
	return 1;
}

static int limit_tree(int directory, const char *layer, uint64_t size, int *ret_mount, struct error *err)
{
	int r = quota_set(directory, size, err);

	return r < 0 ? r : mount_clone(AT_FDCWD, layer, false, ret_mount, err);
}

static int open_own(int directory, const char *layer, uint64_t size, int *ret_mount, int *ret_lock,
		    struct error *err)
{
	_cleanup_(closep) int lock = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	uint64_t had = 0;
	int r;

	if (lock < 0)
		return error_errno(err, "cannot use the layer '%s'", layer);
	if (flock(lock, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? error_set(err, -EBUSY, "the layer '%s' is in use", layer)
					    : error_errno(err, "cannot lock the layer '%s'", layer);
	r = size_of(directory, &had);
	if (r == 0)
		r = make_volume(directory, size, err);
	else if (r > 0)
		r = check_size(layer, had, size, err);
	else
		r = error_code(err, r, "cannot look at the layer '%s'", layer);
	if (r == 0)
		r = mount_volume(directory, layer, false, ret_mount, err);
	if (r == 0)
		*ret_lock = take_fd(&lock);
	return r;
}

int volume_open(const char *layer, uint64_t size, int *ret_mount, int *ret_lock, struct error *err)
{
	_cleanup_(closep) int directory = open(layer, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	uint64_t had = 0;
	bool used;

	if (directory < 0)
		return error_errno(err, "cannot open the layer '%s'", layer);
	if (user_is_plain())
		return error_set(err, -EPERM, "--layer-size is root's alone: a user keeps no accounts and mounts no volume");
	if (size < LEAST)
		return error_set(err, -EINVAL, "--layer-size: a layer has 8M at the least");
	used = faccessat(directory, "upper", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	if (quota_find(directory, &had) > 0)
		return limit_tree(directory, layer, size, ret_mount, err);
	if (used)
		return check_size(layer, 0, size, err);
	if (size_of(directory, &had) == 0 && quota_is_there(directory))
		return limit_tree(directory, layer, size, ret_mount, err);
	return open_own(directory, layer, size, ret_mount, ret_lock, err);
}

int volume_open_to_read(const char *layer, int *ret_mount, struct error *err)
{
	_cleanup_(closep) int directory = open(layer, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (directory < 0)
		return error_errno(err, "cannot open the layer '%s'", layer);
	return mount_volume(directory, layer, true, ret_mount, err);
}

void volume_forget(const char *layer)
{
	_cleanup_(closep) int directory = open(layer, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	uint64_t had;

	if (directory >= 0 && quota_find(directory, &had) > 0)
		quota_set(directory, 0, NULL);
}

bool volume_has_room(const char *path)
{
	struct statvfs st;
	uint64_t room;

	if (statvfs(path, &st) < 0)
		return true;
	/* a write that no longer fits as a whole fails before all is taken, by up to a large folio */
	room = (uint64_t)st.f_blocks * st.f_frsize / 64;
	if (room > ROOM_MOST)
		room = ROOM_MOST;
	return (uint64_t)st.f_bavail * st.f_frsize >= room && (!st.f_files || st.f_favail > 0);
}
