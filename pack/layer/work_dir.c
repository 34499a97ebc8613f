// SPDX-License-Identifier: BSD-2-Clause
#include "pack/layer/work_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "pack/layer/extract_dir.h"

/* Before it was locked somebody may have taken it for one that was left. */
static bool is_still(const struct work_dir *work)
{
	struct stat ours, there;

	return fstat(work->lock, &ours) == 0 && lstat(work->path, &there) == 0 && ours.st_ino == there.st_ino;
}

static void sweep(const char *parent, const char *kind)
{
	_cleanup_(closep) int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char prefix[64];

	snprintf(prefix, sizeof(prefix), "%s.", kind);
	if (fd >= 0)
		extract_dir_sweep(fd, prefix);
}

static int make(struct work_dir *work, const char *parent, const char *kind, struct error *err)
{
	if (asprintf(&work->path, "%s/%s.XXXXXX", parent, kind) < 0) {
		work->path = NULL;
		return error_oom(err);
	}
	if (!mkdtemp(work->path)) {
		int r = error_errno(err, "cannot make a directory in '%s'", parent);

		free(take(work->path));
		return r;
	}
	work->lock = open(work->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (work->lock < 0 && errno == ENOENT)
		return 0;
	if (work->lock < 0 || flock(work->lock, LOCK_EX) < 0)
		return error_errno(err, "cannot lock '%s'", work->path);
	return 0;
}

int work_dir_make(struct work_dir *work, const char *parent, const char *kind, struct error *err)
{
	int r;

	if (!parent)
		parent = getenv("TMPDIR");
	if (!parent || !*parent)
		parent = "/var/tmp";
	*work = (struct work_dir)WORK_DIR_INIT;
	sweep(parent, kind);
	do {
		work_dir_release(work);
		r = make(work, parent, kind, err);
	} while (r == 0 && !is_still(work));
	return r;
}

void work_dir_release(struct work_dir *work)
{
	if (!work->path)
		return;
	if (work->lock >= 0)
		extract_remove_below(work->lock);
	rmdir(work->path);
	free(work->path);
	closep(&work->lock);
	*work = (struct work_dir)WORK_DIR_INIT;
}
