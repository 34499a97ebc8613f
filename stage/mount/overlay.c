// SPDX-License-Identifier: BSD-2-Clause
#include "stage/mount/overlay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/text.h"
#include "stage/mount/mount.h"
#include "stage/mount/user.h"

static const char what[] = "a writable layer";

/* In what a kernel may not know EINVAL says nothing. */
static const struct {
	const char *key, *kept, *thrown_away;
} options[] = {
	{"xino", "off", "auto"},
	{"index", "off", "on"},
	{"redirect_dir", "off", "on"},
	{"metacopy", "off", "off"},
};

static int set(int context, const char *key, const char *value, struct error *err)
{
	if (fsconfig(context, FSCONFIG_SET_STRING, key, value, 0) < 0)
		return mount_failed(context, what, err);
	return 0;
}

/* Root's options a user may not even name, and the kernel leaves them off; his marks are user.overlay.*. */
static int set_options(int context, bool kept, struct error *err)
{
	int r = 0;

	if (user_is_plain()) {
		if (fsconfig(context, FSCONFIG_SET_FLAG, "userxattr", NULL, 0) < 0)
			return mount_failed(context, what, err);
		return set(context, "xino", "off", err);
	}
	for (size_t i = 0; r == 0 && i < sizeof(options) / sizeof(*options); i++)
		r = set(context, options[i].key, kept ? options[i].kept : options[i].thrown_away, err);
	return r;
}

/* Before Linux 6.13 a layer is a path: that of our descriptor. */
static int set_directory(int context, const char *key, int fd, struct error *err)
{
	char path[32];

	if (fsconfig(context, FSCONFIG_SET_FD, key, NULL, fd) == 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return set(context, key, path, err);
}

/* Before Linux 6.5 options are only gathered: what it does not know it refuses when it mounts. */
static bool takes_anything(void)
{
	_cleanup_(closep) int context = fsopen("overlay", FSOPEN_CLOEXEC);

	return context >= 0 && fsconfig(context, FSCONFIG_SET_STRING, "of no kernel", "", 0) == 0;
}

/* Before Linux 6.7 all the lower ones are one list. */
static int set_lower_list(int context, const struct overlay *overlay, struct error *err)
{
	_cleanup_(text_release) struct text list = TEXT_INIT;

	for (size_t i = 0; i < overlay->lower_count; i++)
		text_printf(&list, "%s/proc/self/fd/%d", i ? ":" : "", overlay->lower[i]);
	return text_failed(&list) ? error_oom(err) : set(context, "lowerdir", list.bytes, err);
}

static int set_lower(int context, const struct overlay *overlay, struct error *err)
{
	char path[32];

	for (size_t i = 0; i < overlay->lower_count; i++) {
		if (fsconfig(context, FSCONFIG_SET_FD, "lowerdir+", NULL, overlay->lower[i]) == 0)
			continue;
		if (i == 0 && takes_anything())
			return set_lower_list(context, overlay, err);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", overlay->lower[i]);
		if (fsconfig(context, FSCONFIG_SET_STRING, "lowerdir+", path, 0) < 0)
			return i ? mount_failed(context, what, err)
				 : set_lower_list(context, overlay, err);
	}
	return 0;
}

int overlay_mount(const struct overlay *overlay, int *ret_mount, struct error *err)
{
	_cleanup_(closep) int context = fsopen("overlay", FSOPEN_CLOEXEC);
	int r;

	if (context < 0)
		return error_errno(err, "cannot mount %s", what);
	r = set(context, "source", "sfc", err);
	if (r == 0)
		r = set_lower(context, overlay, err);
	if (r == 0 && overlay->upper >= 0)
		r = set_directory(context, "upperdir", overlay->upper, err);
	if (r == 0 && overlay->upper >= 0)
		r = set_directory(context, "workdir", overlay->work, err);
	if (r == 0)
		r = set_options(context, overlay->kept, err);
	return r < 0 ? r : mount_finish(context, 0, what, ret_mount, err);
}

static int open_directory(int layer, const char *name, const char *directory, mode_t mode,
			  int *ret_fd, struct error *err)
{
	int fd;

	if (mkdirat(layer, directory, mode) < 0 && errno != EEXIST)
		return error_errno(err, "cannot use the layer '%s'", name);
	fd = openat(layer, directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, "cannot use the layer '%s'", name);
	*ret_fd = fd;
	return 0;
}

int overlay_layer_open(int layer, const char *name, int *ret_upper, int *ret_work, int *ret_lock,
		       struct error *err)
{
	_cleanup_(closep) int lock = openat(layer, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_(closep) int upper = -1, work = -1;
	int r;

	if (lock < 0)
		return error_errno(err, "cannot use the layer '%s'", name);
	if (flock(lock, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK
			       ? error_set(err, -EBUSY, "the layer '%s' is in use", name)
			       : error_errno(err, "cannot lock the layer '%s'", name);
	r = open_directory(lock, name, "upper", 0755, &upper, err);
	if (r == 0)
		r = open_directory(lock, name, "work", 0700, &work, err);
	if (r < 0)
		return r;
	*ret_upper = take_fd(&upper);
	*ret_work = take_fd(&work);
	*ret_lock = take_fd(&lock);
	return 0;
}
