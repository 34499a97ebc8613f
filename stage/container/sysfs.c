// SPDX-License-Identifier: BSD-2-Clause
#include "stage/container/sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "stage/mount/mount.h"
#include "stage/mount/namespace.h"

#define ATTRIBUTES (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

struct making {
	const struct network *network;
	int mount;
};

/* It shows the network of who mounts it. */
static int make(void *data, struct error *err)
{
	struct making *making = data;
	_cleanup_(closep) int context = -1;
	int r = network_enter(making->network, err);

	if (r < 0)
		return r;
	context = fsopen("sysfs", FSOPEN_CLOEXEC);
	if (context < 0)
		return error_errno(err, "cannot mount /sys");
	return mount_finish(context, ATTRIBUTES, "/sys", &making->mount, err);
}

/* A user may mount one only for a network of his own. */
static int open_sys(const struct network *network, int *ret_mount, struct error *err)
{
	struct making making = {network, -1};
	int r;

	if (network->namespace >= 0 && namespace_aside(make, &making, sizeof(making), NULL) == 0) {
		*ret_mount = making.mount;
		return 0;
	}
	r = mount_clone(AT_FDCWD, "/sys", true, ret_mount, err);
	return r < 0 ? r : mount_set(*ret_mount, ATTRIBUTES, 0, true, err);
}

/* Over the host's groups; a /sys without that directory has nothing to hide. */
static int hide_groups(int sys, struct error *err)
{
	_cleanup_(closep) int place = openat(sys, "fs/cgroup", O_PATH | O_DIRECTORY | O_CLOEXEC), empty = -1;
	int r;

	if (place < 0)
		return 0;
	r = mount_tmpfs(0555, 0, &empty, err);
	if (r == 0)
		r = mount_set(empty, ATTRIBUTES, 0, false, err);
	return r < 0 ? r : mount_attach(empty, sys, "fs/cgroup", err);
}

int sysfs_place(const struct network *network, int work, bool groups, struct error *err)
{
	_cleanup_(closep) int mount = -1, sys = -1;
	int r = open_sys(network, &mount, err);

	if (r == 0 && mkdirat(work, "sys", 0755) < 0)
		r = error_errno(err, "cannot make a place for /sys");
	if (r == 0)
		r = mount_attach(mount, work, "sys", err);
	if (r < 0 || groups)
		return r;
	sys = openat(work, "sys", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return sys < 0 ? error_errno(err, "cannot open /sys") : hide_groups(sys, err);
}
