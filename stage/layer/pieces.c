// SPDX-License-Identifier: BSD-2-Clause
#include "stage/layer/pieces.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "stage/mount/mount.h"
#include "stage/mount/user.h"

bool pieces_are_wanted(int directory)
{
	_cleanup_(closep) int mount = -1;

	return user_is_plain() && mount_clone(directory, "", false, &mount, NULL) == -EINVAL;
}

/* The container has mounts of its own there, or nobody's files are meant. */
static bool stays_empty(const char *name)
{
	static const char *const names[] = {"dev", "proc", "run", "sys", "tmp"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static int copy_link(int directory, int root, const char *name, struct error *err)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(directory, name, target, sizeof(target) - 1);

	if (n < 0)
		return error_errno(err, "cannot read the link '/%s'", name);
	target[n] = '\0';
	return symlinkat(target, root, name) < 0 ? error_errno(err, "cannot make the link '/%s'", name) : 0;
}

static int put_one(int directory, int root, const char *name, struct error *err)
{
	_cleanup_(closep) int mount = -1;
	struct stat st;
	int r;

	if (fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return error_errno(err, "cannot look at '/%s'", name);
	if (S_ISLNK(st.st_mode))
		return copy_link(directory, root, name, err);
	if (!S_ISDIR(st.st_mode))
		return 0;
	if (mkdirat(root, name, 0755) < 0)
		return error_errno(err, "cannot make '/%s'", name);
	if (stays_empty(name))
		return strcmp(name, "tmp") == 0 && fchmodat(root, name, 01777, 0) < 0
			       ? error_errno(err, "cannot make '/%s'", name)
			       : 0;
	r = mount_clone(directory, name, true, &mount, err);
	if (r == 0)
		r = mount_set(mount, MOUNT_ATTR_RDONLY, 0, true, err);
	return r < 0 ? r : mount_attach(mount, root, name, err);
}

int pieces_put(int directory, int root, struct error *err)
{
	_cleanup_(closedirp) DIR *dir = NULL;
	int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct dirent *item;
	int r = 0;

	dir = copy < 0 ? NULL : fdopendir(copy);
	if (!dir)
		return error_errno(err, "cannot read the root");
	while (r == 0 && (item = readdir(dir)))
		if (strcmp(item->d_name, ".") != 0 && strcmp(item->d_name, "..") != 0)
			r = put_one(directory, root, item->d_name, err);
	return r;
}
