// SPDX-License-Identifier: BSD-2-Clause
#include "stage/layer/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "stage/layer/directory.h"

static const char part[] = "scratch";

/* 1: it was nobody's, and is gone. */
static int settle_one(const struct state *state, int parent, const char *name, struct error *err)
{
	_cleanup_(closep) int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int r;

	/* another is quicker, or its owner lives */
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
		return 0;
	r = directory_remove(state, part, name, err);
	return r < 0 ? r : 1;
}

int scratch_settle(const struct state *state, struct error *err)
{
	_cleanup_(closep) int parent = state_directory(state, part, err);
	_cleanup_(closedirp) DIR *dir = NULL;
	struct dirent *item;
	int count = 0, r = 0, copy;

	if (parent < 0)
		return parent;
	copy = dup(parent);
	dir = copy < 0 ? NULL : fdopendir(copy);
	if (!dir)
		return error_errno(err, "cannot read '%s/%s'", state->dir, part);
	while (r >= 0 && (item = readdir(dir))) {
		if (item->d_name[0] == '.')
			continue;
		r = settle_one(state, parent, item->d_name, err);
		count += r > 0;
	}
	return r < 0 ? r : count;
}

int scratch_make(const struct state *state, const char *command, struct scratch *ret_scratch,
		 struct error *err)
{
	struct scratch scratch = {.state = state, .fd = -1};
	struct stat ours, there;
	int r = scratch_settle(state, err);

	if (r < 0)
		return r;
	snprintf(scratch.name, sizeof(scratch.name), "%s-%d", command, (int)getpid());
	scratch.path = state_path(state, "%s/%s", part, scratch.name);
	if (!scratch.path)
		return error_oom(err);
	/* who looks for what was left may take it away before it is locked */
	do {
		closep(&scratch.fd);
		scratch.fd = -1;
		r = directory_make(state, part, scratch.name, &scratch.fd, err);
		if (r == -EEXIST)
			r = directory_open(state, part, scratch.name, &scratch.fd, err);
		if (r == 0 && flock(scratch.fd, LOCK_EX) < 0)
			r = error_errno(err, "cannot lock '%s'", scratch.path);
	} while (r == 0 && (fstat(scratch.fd, &ours) < 0 || lstat(scratch.path, &there) < 0 ||
			    ours.st_ino != there.st_ino));
	if (r < 0) {
		closep(&scratch.fd);
		free(scratch.path);
		return r;
	}
	*ret_scratch = scratch;
	return 0;
}

void scratch_release(struct scratch *scratch)
{
	if (scratch->path)
		directory_remove(scratch->state, part, scratch->name, NULL);
	closep(&scratch->fd);
	free(scratch->path);
	*scratch = (struct scratch)SCRATCH_INIT;
}
