// SPDX-License-Identifier: BSD-2-Clause
/* What a checkpoint has takes its places: CRIU's files, and what the instance had written. */
#include "stage/instance/checkpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "pack/layer/extract.h"
#include "pack/layer/layer.h"
#include "pack/oci/store.h"
#include "pack/source/scan.h"
#include "pack/tree/content_file.h"
#include "stage/layer/directory.h"
#include "stage/mount/marks.h"

/* Into an empty directory of ours. */
static int extract(const struct checkpoint *checkpoint, const char *name, const char *path, struct error *err)
{
	const struct extract_options options = {.keep_owners = true};
	struct node *node = node_child(tree_root(checkpoint->tree), name);
	struct extract_stats stats = {0};
	_cleanup_(closep) int fd = -1;
	int r;

	if (!node || !node_is_dir(node))
		return error_set(err, -EBADMSG, "the checkpoint has no %s", name);
	if (mkdir(path, 0700) < 0)
		return error_errno(err, "cannot make '%s'", path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, "cannot open '%s'", path);
	r = extract_tree(node, fd, &options, &stats, err);
	return r == 0 && fchmod(fd, node->inode->mode & 07777) < 0 ? error_errno(err, "cannot write '%s'", path) : r;
}

/* ---- the layer that was there ---- */

enum { LAYER, LAYER_BEFORE, LAYER_NEW, LAYERS };

struct layers {
	char *paths[LAYERS];
};

static void layers_release(struct layers *layers)
{
	for (size_t i = 0; i < LAYERS; i++)
		free(layers->paths[i]);
}

static int layers_of(struct state *state, const struct instance *instance, struct layers *ret_layers, struct error *err)
{
	static const char *const names[LAYERS] = {"layer", "layer.before", "layer.new"};

	for (size_t i = 0; i < LAYERS; i++) {
		ret_layers->paths[i] = state_path(state, "app/%s/%s/%s", instance->app, instance->name, names[i]);
		if (!ret_layers->paths[i])
			return error_oom(err);
	}
	return 0;
}

/* The one before is there until what took its place runs: of a restore that failed, or was killed, it comes back. */
static int put_back(const struct layers *layers, struct error *err)
{
	const char *layer = layers->paths[LAYER], *before = layers->paths[LAYER_BEFORE];
	int r;

	if (access(before, F_OK) < 0)
		return errno == ENOENT ? 0 : error_errno(err, "cannot look at '%s'", before);
	r = directory_remove_at(AT_FDCWD, layer, layer, err);
	return r == 0 && rename(before, layer) < 0 ? error_errno(err, "cannot rename '%s'", before) : r;
}

static int replace(const struct layers *layers, struct error *err)
{
	const char *layer = layers->paths[LAYER];

	if (rename(layer, layers->paths[LAYER_BEFORE]) < 0 && errno != ENOENT)
		return error_errno(err, "cannot rename '%s'", layer);
	return rename(layers->paths[LAYER_NEW], layer) < 0 ? error_errno(err, "cannot make '%s'", layer) : 0;
}

int checkpoint_settle(struct state *state, const struct instance *instance, bool runs, struct error *err)
{
	_cleanup_(layers_release) struct layers layers = {{NULL}};
	int r = layers_of(state, instance, &layers, err);

	if (r < 0)
		return r;
	return runs ? directory_remove_at(AT_FDCWD, layers.paths[LAYER_BEFORE], layers.paths[LAYER_BEFORE], err)
		    : put_back(&layers, err);
}

int checkpoint_place(struct state *state, struct checkpoint *checkpoint, const struct instance *instance,
		     char **ret_images, struct error *err)
{
	_cleanup_(freep) char *images = state_path(state, "app/%s/%s/images", instance->app, instance->name);
	_cleanup_(layers_release) struct layers layers = {{NULL}};
	_cleanup_(freep) char *directory = NULL, *upper = NULL;
	int r = instance_directory(state, instance->app, instance->name, &directory, err);

	if (r == 0)
		r = layers_of(state, instance, &layers, err);
	if (r < 0)
		return r;
	upper = path_join(layers.paths[LAYER_NEW], "upper");
	if (!images || !upper)
		return error_oom(err);
	r = put_back(&layers, err);
	if (r == 0)
		r = marks_from_names(checkpoint->tree, false, err);
	if (r == 0)
		r = directory_remove_at(AT_FDCWD, images, images, err);
	if (r == 0)
		r = extract(checkpoint, "images", images, err);
	if (r == 0)
		r = directory_remove_at(AT_FDCWD, layers.paths[LAYER_NEW], layers.paths[LAYER_NEW], err);
	if (r == 0 && mkdir(layers.paths[LAYER_NEW], 0700) < 0)
		r = error_errno(err, "cannot make '%s'", layers.paths[LAYER_NEW]);
	if (r == 0)
		r = extract(checkpoint, "layer", upper, err);
	if (r == 0)
		r = replace(&layers, err);
	if (r < 0) {
		directory_remove_at(AT_FDCWD, images, images, NULL);
		directory_remove_at(AT_FDCWD, layers.paths[LAYER_NEW], layers.paths[LAYER_NEW], NULL);
		put_back(&layers, NULL);
		return r;
	}
	*ret_images = take(images);
	return 0;
}
