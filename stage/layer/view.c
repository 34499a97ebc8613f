// SPDX-License-Identifier: BSD-2-Clause
#include "stage/layer/view.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "stage/layer/base.h"
#include "stage/mount/mount.h"
#include "stage/mount/overlay.h"

/* Its layer above those of its base. */
static int layers_of(struct state *state, const struct dev *dev, struct fds *ret_layers,
		     struct error *err)
{
	_cleanup_(fds_release) struct fds lowers = ARRAY_INIT;
	_cleanup_(closep) int layer = -1, upper = -1;
	int r = dev_layer_open(state, dev->name, dev->layer, &layer, err);

	if (r == 0)
		r = base_lowers(state, dev->base, &lowers, err);
	if (r < 0)
		return r;
	upper = openat(layer, "upper", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (upper < 0)
		return error_errno(err, "cannot open the layer of '%s'", dev->name);
	if (array_reserve(&lowers, 1) < 0)
		return error_oom(err);
	memmove(lowers.items + 1, lowers.items, lowers.count * sizeof(*lowers.items));
	lowers.items[0] = take_fd(&upper);
	lowers.count++;
	*ret_layers = lowers;
	lowers = (struct fds)ARRAY_INIT;
	return 0;
}

int view_open(struct state *state, const struct dev *dev, int *ret_mount, struct error *err)
{
	_cleanup_(fds_release) struct fds layers = ARRAY_INIT;
	struct overlay overlay = {.upper = -1, .work = -1, .kept = true};
	int r = layers_of(state, dev, &layers, err);

	if (r < 0)
		return r;
	overlay.lower = layers.items;
	overlay.lower_count = layers.count;
	r = overlay_mount(&overlay, ret_mount, err);
	return r < 0 ? error_prefix(err, r, "'%s'", dev->name) : 0;
}

int view_mount(struct state *state, const struct dev *dev, char **ret_path, struct error *err)
{
	_cleanup_(freep) char *path = state_path(state, "dev/%s/root", dev->name);
	_cleanup_(closep) int mount = -1;
	int r;

	if (!path)
		return error_oom(err);
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return error_errno(err, "cannot make '%s'", path);
	r = view_open(state, dev, &mount, err);
	if (r == 0)
		r = mount_attach(mount, AT_FDCWD, path, err);
	if (r == 0)
		*ret_path = take(path);
	return r;
}
