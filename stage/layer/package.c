// SPDX-License-Identifier: BSD-2-Clause
#include "stage/layer/package.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "stage/layer/pieces.h"
#include "stage/layer/volume.h"
#include "stage/mount/mount.h"
#include "stage/mount/overlay.h"
#include "stage/mount/work.h"

enum { WORK_SIZE = 64 << 20 };

void layer_package_release(struct layer_package *package)
{
	layer_start_release(&package->start);
	closep(&package->lock);
	package->lock = -1;
}

/* --- the work directory --- */

static int work_open(int *ret_work, struct error *err)
{
	_cleanup_(closep) int mount = -1;
	struct stat st;
	int r;

	if (mkdir(work_path(""), 0700) < 0 && errno != EEXIST)
		return error_errno(err, "cannot make '%s'", work_path(""));
	if (lstat(work_path(""), &st) < 0 || !S_ISDIR(st.st_mode) || st.st_uid != geteuid())
		return error_set(err, -EPERM, "'%s' is not a directory of ours", work_path(""));
	r = mount_tmpfs(0700, WORK_SIZE, &mount, err);
	if (r == 0)
		r = mount_attach(mount, AT_FDCWD, work_path(""), err);
	if (r < 0)
		return r;
	*ret_work = take_fd(&mount);
	return 0;
}

int layer_work_make(struct error *err)
{
	_cleanup_(closep) int work = -1;
	int r = work_open(&work, err);

	if (r == 0 && (mkdirat(work, "root", 0755) < 0 || mkdirat(work, "container", 0700) < 0))
		r = error_errno(err, "cannot make '%s/root'", work_path(""));
	return r;
}

static int place(int work, const char *name, int mount, int *ret_directory, struct error *err)
{
	int r;

	if (mkdirat(work, name, 0755) < 0)
		return error_errno(err, "cannot make '%s/%s'", work_path(""), name);
	r = mount_attach(mount, work, name, err);
	if (r < 0 || !ret_directory)
		return r;
	*ret_directory = openat(work, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *ret_directory < 0 ? error_errno(err, "cannot open '%s/%s'", work_path(""), name) : 0;
}

/* --- the layers --- */

static int open_lower(int directory, bool is_package, int *ret_lower, struct error *err)
{
	int fd = mount_open_in(directory, is_package ? "rootfs" : ".",
			       O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);

	if (fd < 0)
		return error_set(err, fd, "rootfs is not a directory");
	*ret_lower = fd;
	return 0;
}

/* Where the layer is, and what locks it. Memory is placed here; what is kept was opened before. */
static int open_upper(int work, const char *layer, int kept, int *ret_upper, int *ret_work,
		      int *ret_lock, struct error *err)
{
	_cleanup_(closep) int memory = -1, directory = -1;
	int r = 0;

	if (!layer)
		r = mount_tmpfs(0755, 0, &memory, err);
	if (r == 0)
		r = place(work, "layer", layer ? kept : memory, &directory, err);
	return r < 0 ? r : overlay_layer_open(directory, layer ? layer : "in memory", ret_upper,
					      ret_work, ret_lock, err);
}

/* outer: what locks a layer whose file system is made for this mount; -1: it locks itself. */
static int mount_root(int work, const int *lowers, size_t count, const char *layer, int kept, int *outer,
		      struct layer_package *package, struct error *err)
{
	_cleanup_(closep) int upper = -1, upper_work = -1, root = -1;
	struct overlay overlay = {.lower = lowers, .lower_count = count, .kept = layer != NULL};
	int r = open_upper(work, layer, kept, &upper, &upper_work, &package->lock, err);

	if (r < 0)
		return r;
	if (*outer >= 0) {
		closep(&package->lock);
		package->lock = take_fd(outer);
	}
	overlay.upper = upper;
	overlay.work = upper_work;
	r = overlay_mount(&overlay, &root, err);
	if (r == 0)
		r = place(work, "root", root, NULL, err);
	if (r == 0 && mkdirat(work, "container", 0700) < 0)
		r = error_errno(err, "cannot make '%s/container'", work_path(""));
	return r;
}

/* A runtime would follow it, or not, as it likes: what it mounts belongs at the top of the root. */
static int check_places(int work, struct error *err)
{
	static const char *const places[] = {"dev", "proc", "sys"};
	_cleanup_(closep) int root = openat(work, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char target[PATH_MAX];

	if (root < 0)
		return error_errno(err, "cannot open the root");
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		ssize_t n = readlinkat(root, places[i], target, sizeof(target) - 1);

		if (n < 0)
			continue;
		target[n] = '\0';
		return error_set(err, -EBADMSG, "/%s in its root is a link to '%s'", places[i], target);
	}
	return 0;
}

/* Before our tmpfs hides what the caller may have meant. */
static int open_layer(const struct layer_parts *parts, int *ret_mount, int *ret_lock, struct error *err)
{
	struct stat st;

	if (!parts->layer)
		return 0;
	if (stat(parts->layer, &st) < 0 || !S_ISDIR(st.st_mode))
		return error_set(err, -ENOTDIR, "the layer '%s' is not a directory", parts->layer);
	if (parts->size)
		return volume_open(parts->layer, parts->size, ret_mount, ret_lock, err);
	return mount_clone(AT_FDCWD, parts->layer, false, ret_mount, err);
}

/* What the package is to blame for says which it is. */
static int look_into(int directory, const char *name, struct layer_package *package, int *ret_lower,
		     struct error *err)
{
	int r = layer_start_read(directory, &package->start, err);

	if (r == 0)
		r = open_lower(directory, package->start.given, ret_lower, err);
	return r < 0 ? error_prefix(err, r, "'%s'", name) : 0;
}

int layer_parts_mount(const struct layer_parts *parts, struct layer_package *package, struct error *err)
{
	_cleanup_(closep) int work = -1, directory = -1, lower = -1, guard = -1, kept = -1, outer = -1;
	int r = open_layer(parts, &kept, &outer, err);

	if (r == 0)
		r = work_open(&work, err);
	if (r == 0)
		r = place(work, "package", parts->mount, &directory, err);
	if (r == 0)
		r = look_into(directory, parts->name, package, &lower, err);
	if (r == 0 && parts->guard >= 0)
		r = place(work, "guard", parts->guard, &guard, err);
	if (r == 0)
		r = mount_root(work, (const int[]){lower, guard}, parts->guard >= 0 ? 2 : 1, parts->layer,
			       kept, &outer, package, err);
	if (r < 0)
		return r;
	r = check_places(work, err);
	return r < 0 ? error_prefix(err, r, "'%s'", parts->name) : 0;
}

int layer_package_mount(int mount, const char *name, const char *layer,
			struct layer_package *package, struct error *err)
{
	const struct layer_parts parts = {.mount = mount, .name = name, .layer = layer, .guard = -1};

	return layer_parts_mount(&parts, package, err);
}

static int mount_pieces(int work, int directory, struct error *err)
{
	_cleanup_(closep) int memory = -1, root = -1;
	int r = mount_tmpfs(0755, 0, &memory, err);

	if (r == 0)
		r = place(work, "root", memory, &root, err);
	if (r == 0 && mkdirat(work, "container", 0700) < 0)
		r = error_errno(err, "cannot make '%s/container'", work_path(""));
	return r < 0 ? r : pieces_put(directory, root, err);
}

int layer_directory_mount(const char *path, struct layer_package *package, struct error *err)
{
	_cleanup_(closep) int lower = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), work = -1;
	int r = lower < 0 ? error_errno(err, "cannot open the root '%s'", path) : 0;
	bool pieces = r == 0 && pieces_are_wanted(lower);
	int outer = -1;

	if (r == 0)
		r = work_open(&work, err);
	if (r == 0 && pieces)
		return mount_pieces(work, lower, err);
	return r < 0 ? r : mount_root(work, &lower, 1, NULL, -1, &outer, package, err);
}
