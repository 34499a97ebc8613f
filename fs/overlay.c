// SPDX-License-Identifier: BSD-2-Clause
#include "fs/overlay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/log.h"
#include "db/base/path.h"
#include "fs/filesystem.h"
#include "fs/first_opens.h"
#include "fs/sticky_directories.h"
#include "fs/strangers.h"

/* The directory in which things are put together, and what is in it. */
struct stage {
	char *path; /* NULL: there is none yet */
	char *lower, *upper, *work;
	bool temporary; /* made by us, and removed */
	bool is_tmpfs;
};

/* The upper directory is the root's face: it takes all attributes and the time from the source. */
static int upper_make(const char *path, const struct overlay *overlay, struct error *err)
{
	_cleanup_(closep) int fd = -1;
	int r;

	if (mkdir(path, 0755) < 0)
		return errno == EEXIST ? 0 : error_errno(err, "cannot make %s", path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, "cannot open %s", path);
	r = sticky_directories_make(overlay->directories, overlay->root_fd, fd);
	return r < 0 ? error_code(err, r, "cannot prepare %s", path) : 0;
}

static int make_directory(const char *path, struct error *err)
{
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return error_errno(err, "cannot make %s", path);
	return 0;
}

static int stage_fill(struct stage *stage, const struct overlay *overlay, struct error *err)
{
	int r;

	stage->lower = path_join(stage->path, "lower");
	stage->upper = path_join(stage->path, "upper");
	stage->work = path_join(stage->path, "work");
	if (!stage->lower || !stage->upper || !stage->work)
		return error_oom(err);
	r = upper_make(stage->upper, overlay, err);
	if (r == 0)
		r = make_directory(stage->work, err);
	return r < 0 ? r : make_directory(stage->lower, err);
}

/* A directory of our own with a tmpfs in it. */
static int stage_tmpfs(struct stage *stage, const char *place, struct error *err)
{
	static const struct parameter parameters[] = {
		{"source", "tracefs"}, {"mode", "0700"}, {NULL, NULL}};
	_cleanup_(closep) int fd = -1;
	const char *temporary = place ? place : getenv("TMPDIR");
	_cleanup_(freep) char *name = NULL;
	int r;

	r = fd = filesystem_make("tmpfs", parameters, 0, "cannot make a tmpfs for scratch", err);
	if (r < 0)
		return r;
	if (!temporary || temporary[0] != '/')
		temporary = "/tmp";
	name = path_join(temporary, "tracefs.XXXXXX");
	if (!name)
		return error_oom(err);
	if (!mkdtemp(name))
		return error_errno(err, "cannot make a directory in '%s'", temporary);
	stage->path = take(name);
	stage->temporary = true;
	r = filesystem_attach(fd, stage->path);
	if (r < 0)
		return error_code(err, r, "cannot mount a tmpfs for scratch");
	stage->is_tmpfs = true;
	return 0;
}

static int stage_directory(struct stage *stage, const char *scratch, struct error *err)
{
	struct stat st;

	if (stat(scratch, &st) < 0 && (errno != ENOENT || mkdir(scratch, 0700) < 0))
		return error_errno(err, "scratch directory %s", scratch);
	if (stat(scratch, &st) == 0 && !S_ISDIR(st.st_mode))
		return error_set(err, -ENOTDIR, "scratch %s is not a directory", scratch);
	stage->path = realpath(scratch, NULL);
	return stage->path ? 0 : error_errno(err, "scratch directory %s", scratch);
}

/* Give it up; what is mounted on top of it holds what it needs of it. */
static void stage_leave(struct stage *stage)
{
	if (stage->lower) {
		umount2(stage->lower, MNT_DETACH | UMOUNT_NOFOLLOW);
		rmdir(stage->lower);
	}
	if (stage->is_tmpfs)
		umount2(stage->path, MNT_DETACH | UMOUNT_NOFOLLOW);
	if (stage->temporary)
		rmdir(stage->path);
	free(stage->path);
	free(stage->lower);
	free(stage->upper);
	free(stage->work);
}

/* A path for an overlayfs option, where ':' ',' and '\' mean something else: by descriptor then. */
static int overlay_path(const char *path, char *buffer, size_t size, int *ret_fd,
			struct error *err)
{
	if (!strpbrk(path, ":,\\")) {
		snprintf(buffer, size, "%s", path);
		return 0;
	}
	*ret_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*ret_fd < 0)
		return error_errno(err, "%s", path);
	snprintf(buffer, size, "/proc/self/fd/%d", *ret_fd);
	return 0;
}

void overlay_source(char buffer[OVERLAY_SOURCE_SIZE])
{
	snprintf(buffer, OVERLAY_SOURCE_SIZE, OVERLAY_SOURCE ":%ld", (long)getpid());
}

/*
 * In a user namespace overlayfs may not keep its marks in trusted.*, and where it was not told to use
 * others it does without: a directory that was made anew could not hide the old one.
 */
static int mount_layers(const char *lower, const struct stage *stage, unsigned int attributes,
			 struct error *err)
{
	_cleanup_(closep) int upper_fd = -1, work_fd = -1;
	char upper[4096], work[4096], source[OVERLAY_SOURCE_SIZE];
	const struct parameter parameters[] = {
		{"source", source},
		{"lowerdir", lower},
		{"upperdir", upper},
		{"workdir", work},
		{"xino", "on"},
		{strangers_none_and_root() ? NULL : "userxattr", NULL},
		{NULL, NULL}};
	int r;

	overlay_source(source);
	r = overlay_path(stage->upper, upper, sizeof(upper), &upper_fd, err);
	if (r == 0)
		r = overlay_path(stage->work, work, sizeof(work), &work_fd, err);
	return r < 0 ? r : filesystem_make("overlay", parameters, attributes,
					   "cannot make the overlay", err);
}

/* What covers the source is a layer of its own, by descriptor: it may be anywhere. */
static int overlay_between(const char *lower, const struct stage *stage, const struct overlay *overlay,
			   struct error *err)
{
	_cleanup_(closep) int above = open(overlay->above, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char layers[4200];

	if (above < 0)
		return error_errno(err, "cannot open %s", overlay->above);
	snprintf(layers, sizeof(layers), "/proc/self/fd/%d:%s", above, lower);
	return mount_layers(layers, stage, overlay->attributes, err);
}

/* With the layers for opens where the kernel takes them, else with what is to be seen alone. */
static int overlay_above(const struct stage *stage, const struct overlay *overlay,
			 bool *ret_opens_once, struct error *err)
{
	_cleanup_(closep) int lower_fd = -1;
	char lower[4096], layers[9000];
	int r, fd = -1;

	r = overlay_path(stage->lower, lower, sizeof(lower), &lower_fd, err);
	if (r < 0)
		return r;
	if (overlay->above)
		return overlay_between(lower, stage, overlay, err);
	if (!overlay->opens_once)
		return mount_layers(lower, stage, overlay->attributes, err);
	snprintf(layers, sizeof(layers), "%s/" FIRST_OPENS_TREE "::%s/" FIRST_OPENS_OPENS
		 "::/proc/self/fd/%d", lower, lower, overlay->root_fd);
	fd = mount_layers(layers, stage, overlay->attributes, err);
	*ret_opens_once = fd >= 0;
	if (fd >= 0)
		return fd;
	log_debug("opens are seen each: %s", err->message);
	snprintf(layers, sizeof(layers), "%s/" FIRST_OPENS_TREE, lower);
	return mount_layers(layers, stage, overlay->attributes, err);
}

int overlay_make(const struct overlay *overlay, int mount_fd, bool *ret_opens_once, int *ret_upper_fd,
		 struct error *err)
{
	_cleanup_(stage_leave) struct stage stage = {0};
	int fd, r;

	r = strcmp(overlay->scratch, "tmpfs") == 0
		    ? stage_tmpfs(&stage, overlay->place, err)
		    : stage_directory(&stage, overlay->scratch, err);
	if (r < 0)
		return r;
	r = stage_fill(&stage, overlay, err);
	if (r < 0)
		return r;
	r = filesystem_attach(mount_fd, stage.lower);
	if (r < 0)
		return error_code(err, r, "cannot mount at %s", stage.lower);
	fd = overlay_above(&stage, overlay, ret_opens_once, err);
	*ret_upper_fd = fd < 0 ? -1 : open(stage.upper, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd;
}
