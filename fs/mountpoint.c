// SPDX-License-Identifier: BSD-2-Clause
#include "fs/mountpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "fs/overlay.h"

/* The file system type and source of the mount with this id; false when there is none. */
static bool mount_describe(uint64_t id, char type[64], char source[256])
{
	_cleanup_(fclosep) FILE *file = fopen("/proc/self/mountinfo", "re");
	_cleanup_(freep) char *line = NULL;
	size_t size = 0;

	while (file && getline(&line, &size, file) > 0) {
		char *rest = strstr(line, " - ");

		if (strtoull(line, NULL, 10) == id && rest &&
		    sscanf(rest, " - %63s %255s", type, source) == 2)
			return true;
	}
	return false;
}

uint64_t mountpoint_id(const char *path)
{
	struct statx stx;

	if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_MNT_ID, &stx) < 0)
		return 0;
	return stx.stx_mnt_id;
}

/* A mount whose daemon is gone answers nothing. */
static bool mount_is_dead(const char *path, const char *type, const char *source)
{
	_cleanup_(closedirp) DIR *dir = NULL;

	if (strcmp(type, "fuse.tracefs") != 0 &&
	    (strcmp(type, "overlay") != 0 || strncmp(source, OVERLAY_SOURCE, strlen(OVERLAY_SOURCE)) != 0))
		return false;
	errno = 0;
	dir = opendir(path);
	if (dir)
		readdir(dir);
	return errno == ENOTCONN || errno == ECONNABORTED || errno == EIO;
}

/* As realpath(), also where the last part is a mount nobody answers for. */
static char *real_mountpoint(const char *path)
{
	_cleanup_(freep) char *canonical = NULL, *parent = NULL, *real = NULL;
	char *result = realpath(path, NULL);

	if (result || errno != ENOTCONN)
		return result;
	if (path[0] != '/') {
		_cleanup_(freep) char *cwd = getcwd(NULL, 0), *joined = NULL;

		joined = cwd ? path_join(cwd, path) : NULL;
		canonical = joined ? path_canonicalize(joined) : NULL;
	} else {
		canonical = path_canonicalize(path);
	}
	parent = canonical ? path_parent(canonical) : NULL;
	real = parent ? realpath(parent, NULL) : NULL;
	return real ? path_join(real, path_name(canonical)) : NULL;
}

int mountpoint_check(const char *path, char **ret_path, struct error *err)
{
	_cleanup_(freep) char *real = real_mountpoint(path);
	char type[64] = "", source[256] = "";
	struct statx stx;
	int r;

	if (!real)
		return error_errno(err, "mount point %s", path);
	r = statx(AT_FDCWD, real, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT,
		  STATX_TYPE | STATX_MNT_ID, &stx);
	if (r == 0 && !S_ISDIR(stx.stx_mode))
		return error_set(err, -ENOTDIR, "mount point %s is not a directory", path);
	if (r < 0 && errno != ENOTCONN)
		return error_errno(err, "mount point %s", path);
	if (r < 0) {
		if (umount2(real, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
			return error_errno(err, "%s is a mount whose server died, and it cannot be "
						"unmounted", path);
	} else if (stx.stx_attributes & STATX_ATTR_MOUNT_ROOT) {
		mount_describe(stx.stx_mnt_id, type, source);
		if (!mount_is_dead(real, type, source) ||
		    umount2(real, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
			return error_set(err, -EBUSY, "%s is a mount point of %s already; unmount "
						      "it or choose another directory",
					 path, type[0] ? type : "another file system");
	}
	*ret_path = take(real);
	return 0;
}
