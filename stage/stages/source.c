// SPDX-License-Identifier: BSD-2-Clause
#include "stage/stages/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "pack/package/bundle.h"
#include "stage/cancel.h"
#include "stage/layer/base.h"
#include "stage/layer/dev.h"
#include "stage/layer/root.h"
#include "stage/layer/view.h"
#include "stage/mount/outside.h"

void source_root_release(struct source_root *source)
{
	free(source->path);
	free(source->image);
	source->path = source->image = NULL;
	layer_start_release(&source->start);
}

bool source_has(const char *root, const char *path)
{
	_cleanup_(freep) char *whole = NULL;
	struct stat st;

	return asprintf(&whole, "%s%s", root, path) > 0 && lstat(whole, &st) == 0;
}

/* What stands in config.json of a directory of ours. */
static int read_start(const char *directory, struct layer_start *start, struct error *err)
{
	_cleanup_(closep) int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? error_errno(err, "cannot open '%s'", directory) : layer_start_read(fd, start, err);
}

static int unpack(const char *root, enum root_kind kind, const struct carrier_options *reach,
		  const struct scratch *scratch, struct source_root *source, struct error *err)
{
	const struct root_source from = {.kind = kind, .from = root};
	const struct root_options options = {.access = reach};
	int r = root_make(&from, &options, scratch->fd, err);

	if (r == 0)
		r = layer_start_read(scratch->fd, &source->start, err);
	if (r < 0)
		return kind == ROOT_IMAGE ? r : error_prefix(err, r, "the root '%s'", root);
	source->path = path_join(scratch->path, "tree");
	source->image = path_join(scratch->path, "image.json");
	if (!source->path || !source->image)
		return error_oom(err);
	if (access(source->image, F_OK) < 0) {
		free(source->image);
		source->image = NULL;
	}
	return 0;
}

int source_start_of_base(struct state *state, const char *base, struct layer_start *start, struct error *err)
{
	_cleanup_(freep) char *config = NULL, *directory = NULL;
	int r = base_config(state, base, &config, err);

	if (r < 0 || !config)
		return r;
	directory = path_parent(config);
	return directory ? read_start(directory, start, err) : error_oom(err);
}

/* 1: it is one. */
static int open_dev(struct state *state, const char *name, struct source_root *source, struct error *err)
{
	_cleanup_(dev_release) struct dev dev = DEV_INIT;
	int r = dev_find(state, name, &dev, err);

	if (r <= 0)
		return r;
	r = view_mount(state, &dev, &source->path, err);
	if (r == 0)
		r = source_start_of_base(state, dev.base, &source->start, err);
	if (r == 0)
		r = base_image_config(state, dev.base, &source->image, err);
	return r < 0 ? r : 1;
}

/* Whoever has no number inside is this one. */
static bool is_of_nobody(const char *path)
{
	enum { NOBODY = 65534 };
	struct stat st;

	return stat(path, &st) == 0 && st.st_uid == NOBODY;
}

static int open_directory(const char *root, struct source_root *source, struct error *err)
{
	source->path = realpath(root, NULL);
	if (!source->path)
		return error_errno(err, "cannot open the root '%s'", root);
	source->outside = outside_is_there() && is_of_nobody(source->path);
	return 0;
}

static bool is_layout(const char *root)
{
	_cleanup_(freep) char *file = path_join(root, "oci-layout");

	return file && access(file, F_OK) == 0;
}

static int open_it(struct state *state, const char *root, const struct carrier_options *reach,
		   const struct scratch *scratch, struct source_root *source, struct error *err)
{
	struct stat st;
	int r;

	if (!root)
		return open_directory("/", source, err);
	if (strncmp(root, "debian:", 7) == 0)
		return unpack(root, ROOT_DEBIAN, reach, scratch, source, err);
	if (!strchr(root, '/')) {
		r = open_dev(state, root, source, err);
		if (r != 0)
			return r < 0 ? r : 0;
	}
	r = root_is_image(root, err);
	if (r != 0)
		return r < 0 ? r : unpack(root, ROOT_IMAGE, reach, scratch, source, err);
	if (stat(root, &st) < 0 || (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode)))
		return error_set(err, -ENOENT,
				 "the root '%s' is not a directory, an archive, an image, a package nor a name of "
				 "'sfc dev'",
				 root);
	if (S_ISDIR(st.st_mode) && !is_layout(root))
		return open_directory(root, source, err);
	return unpack(root, S_ISREG(st.st_mode) && bundle_is_likely(root) ? ROOT_PACKAGE : ROOT_ARCHIVE,
		      reach, scratch, source, err);
}

int source_root_open(struct state *state, const char *root, const struct carrier_options *reach,
		     const struct scratch *scratch, struct source_root *ret_source, struct error *err)
{
	struct carrier_options reaching = reach ? *reach : (struct carrier_options){.platform = NULL};
	int r;

	/* in its place: what it says of its start points into itself */
	*ret_source = (struct source_root){.path = NULL};
	/* whom we ask to fetch is to be told, too */
	reaching.cancel = cancel_begin();
	r = open_it(state, root, &reaching, scratch, ret_source, err);
	cancel_end();
	if (r >= 0 && cancel_signal())
		r = error_set(err, -EINTR, "interrupted");
	if (r < 0)
		source_root_release(ret_source);
	return r < 0 && cancel_signal() ? -EINTR : r;
}
