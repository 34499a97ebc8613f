// SPDX-License-Identifier: BSD-2-Clause
#include "pack/engine/export_source.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/json.h"
#include "db/base/open_beneath.h"
#include "db/base/text.h"
#include "pack/image/unpack.h"
#include "pack/oci/config.h"

void export_source_release(struct export_source *source)
{
	tree_free(source->tree);
	scan_free(source->scan);
	content_file_free(source->contents);
	json_decref(source->start);
	closep(&source->rootfd);
	*source = (struct export_source)EXPORT_SOURCE_INIT;
}

/* ---- directories ---- */

/* Step into rootfs if the directory is a bundle, and read how it starts. */
static int enter_bundle(struct export_source *source, const char *path, struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	_cleanup_(closep) int config = open_beneath(source->rootfd, "config.json",
						  O_RDONLY | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	int rootfs, r;

	if (config < 0 || fstatat(source->rootfd, "rootfs", &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (!S_ISDIR(st.st_mode))
		return error_set(err, -EBADMSG, "'%s': rootfs is not a directory", path);
	if (fstat(config, &st) < 0 || !S_ISREG(st.st_mode))
		return error_set(err, -EBADMSG, "'%s': config.json is not a file", path);
	r = io_read_file(source->rootfd, "config.json", OCI_START_MAX, &text, err);
	if (r == 0)
		r = json_read(text.bytes, text.size, OCI_START_MAX, &source->start, err);
	if (r < 0)
		return error_prefix(err, r, "'%s'", path);
	rootfs = openat(source->rootfd, "rootfs", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (rootfs < 0)
		return error_errno(err, "cannot open '%s/rootfs'", path);
	close(source->rootfd);
	source->rootfd = rootfs;
	return 0;
}

static int open_directory(struct export_source *source, const char *path, struct error *err)
{
	struct scan_options options = {0};
	int r;

	source->rootfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (source->rootfd < 0)
		return error_errno(err, "cannot open '%s'", path);
	r = enter_bundle(source, path, err);
	if (r < 0)
		return r;
	if (scan_new(source->rootfd, &options, &source->scan) < 0 || tree_new(&source->tree) < 0)
		return error_oom(err);
	r = scan_all(source->scan, source->tree, err);
	source->warnings = r == 0 ? scan_warnings(source->scan) : NULL;
	return r;
}

/* ---- packages and images ---- */

static int read_start(struct export_source *source, struct image *image, const struct node *node,
		      struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	int r = unpack_file(image, node, OCI_START_MAX, &text, err);

	if (r == 0)
		r = json_read(text.bytes, text.size, OCI_START_MAX, &source->start, err);
	return r < 0 ? error_prefix(err, r, "config.json") : 0;
}

static int unpack_image(struct export_source *source, struct image *image,
			const volatile int *cancel, struct error *err)
{
	_cleanup_(tree_freep) struct tree *tree = NULL;
	struct node *root, *config, *rootfs;
	int r = image_tree(image, &tree, err);

	if (r < 0)
		return r;
	root = tree_root(tree);
	config = node_child(root, "config.json");
	rootfs = node_child(root, "rootfs");
	if (config && rootfs) {
		if (!S_ISREG(config->inode->mode) || !node_is_dir(rootfs))
			return error_set(err, -EBADMSG, "%s",
					 node_is_dir(rootfs) ? "config.json is not a file"
							     : "rootfs is not a directory");
		r = read_start(source, image, config, err);
		root = rootfs;
	}
	return r < 0 ? r : unpack_below(image, root, source->contents, cancel, &source->tree, err);
}

static int open_image(struct export_source *source, const char *path, const char *tmpdir,
		      const volatile int *cancel, struct error *err)
{
	_cleanup_(image_closep) struct image *image = NULL;
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int r;

	if (fd < 0)
		return error_errno(err, "cannot open '%s'", path);
	r = content_file_new(tmpdir, &source->contents, err);
	if (r < 0)
		return r;
	r = image_open(fd, path, &image, err);
	if (r < 0)
		return r;
	r = unpack_image(source, image, cancel, err);
	return r < 0 ? error_prefix(err, r, "'%s'", path) : 0;
}

int export_source_open(struct export_source *source, const char *path, const char *tmpdir,
		       const volatile int *cancel, struct error *err)
{
	struct stat st;

	*source = (struct export_source)EXPORT_SOURCE_INIT;
	if (stat(path, &st) < 0)
		return error_errno(err, "cannot open '%s'", path);
	return S_ISDIR(st.st_mode) ? open_directory(source, path, err)
				   : open_image(source, path, tmpdir, cancel, err);
}
