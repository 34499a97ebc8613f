// SPDX-License-Identifier: BSD-2-Clause
#include "stage/instance/hidden.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "stage/instance/instance.h"
#include "stage/instance/run.h"
#include "stage/layer/package.h"
#include "stage/layer/shadow.h"
#include "stage/layer/volume.h"
#include "stage/mount/mount.h"
#include "stage/mount/work.h"

struct hiding {
	const char *app, *name;
	void (*visit)(const char *app, const char *name, const char *path, bool deleted);
};

static int tell(const char *path, bool deleted, void *data)
{
	const struct hiding *hiding = data;

	hiding->visit(hiding->app, hiding->name, path, deleted);
	return 0;
}

/* Of one that is up, as it has it; -ENOENT: it is not. */
static int open_live(struct state *state, const char *app, const char *name, struct error *err)
{
	_cleanup_(run_release) struct run run = RUN_INIT;
	char path[PATH_MAX];
	int fd, r = run_newest(state, app, name, &run, err);

	if (r < 0)
		return r;
	if (r == 0 || run.state != RUN_UP || !process_is_alive(&run.note.conmon))
		return -ENOENT;
	snprintf(path, sizeof(path), "/proc/%lld/root%s", (long long)run.note.conmon.pid,
		 work_path("/layer/upper"));
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -ENOENT : fd;
}

/* What it wrote; -ENOENT: it has written nothing yet. */
static int open_upper(struct state *state, const char *app, const char *name, struct error *err)
{
	_cleanup_(freep) char *layer = state_path(state, "app/%s/%s/layer", app, name);
	_cleanup_(closep) int directory = -1, mount = -1;
	int fd = open_live(state, app, name, err), r;

	if (fd != -ENOENT)
		return fd;
	if (!layer)
		return error_oom(err);
	directory = open(layer, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (directory < 0)
		return errno == ENOENT ? -ENOENT : error_errno(err, "cannot open the layer '%s'", layer);
	r = volume_open_to_read(layer, &mount, err);
	if (r < 0 && r != -ENOENT)
		return r;
	fd = openat(r == 0 ? mount : directory, "upper", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? errno == ENOENT ? -ENOENT : error_errno(err, "cannot open the layer '%s'", layer) : fd;
}

static int open_base(int package, int *ret_fd, struct error *err)
{
	int fd = mount_open_in(package, "rootfs", O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);

	if (fd < 0)
		return error_set(err, fd, "rootfs is not a directory");
	*ret_fd = fd;
	return 0;
}

int hidden_each(struct state *state, const char *app, const char *name, int old_package, int new_package,
		void (*visit)(const char *app, const char *name, const char *path, bool deleted),
		struct error *err)
{
	struct hiding hiding = {app, name, visit};
	_cleanup_(closep) int upper = open_upper(state, app, name, err), old_base = -1, new_base = -1;
	int r;

	if (upper < 0)
		return upper == -ENOENT ? 0 : upper;
	r = open_base(old_package, &old_base, err);
	if (r == 0)
		r = open_base(new_package, &new_base, err);
	if (r == 0)
		r = shadow_each(upper, old_base, new_base, tell, &hiding, err);
	return r < 0 ? error_prefix(err, r, "%s/%s", app, name) : r;
}
