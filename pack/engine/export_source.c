// SPDX-License-Identifier: BSD-2-Clause
#include "pack/engine/export_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/json.h"
#include "db/base/open_beneath.h"
#include "db/base/path.h"
#include "db/base/text.h"
#include "pack/image/unpack.h"
#include "pack/oci/config.h"

void export_source_release(struct export_source *source)
{
	tree_free(source->tree);
	scan_free(source->scan);
	content_file_free(source->contents);
	json_decref(source->start);
	image_config_release(&source->image);
	origin_release(&source->origin);
	closep(&source->rootfd);
	*source = (struct export_source)EXPORT_SOURCE_INIT;
}

/* What stands in a bundle beside rootfs, each of at most this size, each in a form of its own. */
static int take_start(struct export_source *source, const struct text *text, struct error *err)
{
	int r = json_read(text->bytes, text->size, OCI_START_MAX, &source->start, err);

	return r < 0 ? error_prefix(err, r, "config.json") : 0;
}

static int take_image(struct export_source *source, const struct text *text, struct error *err)
{
	int r = image_config_parse(text->bytes, text->size, &source->image, err);

	return r < 0 ? error_prefix(err, r, "sfc/image.json") : 0;
}

static int take_origin(struct export_source *source, const struct text *text, struct error *err)
{
	return origin_parse(text->bytes, text->size, &source->origin, err);
}

static const struct {
	const char *path;
	size_t limit;
	int (*read)(struct export_source *source, const struct text *text, struct error *err);
} parts[] = {
	{"config.json", OCI_START_MAX, take_start},
	{"sfc/image.json", IMAGE_CONFIG_MAX, take_image},
	{"sfc/package.json", ORIGIN_MAX, take_origin},
};

enum { PARTS = sizeof(parts) / sizeof(*parts) };

/* ---- directories ---- */

/* A part, if it is there. No link is followed, and no other kind of file will do. */
static int read_part(struct export_source *source, size_t part, struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	const char *name = parts[part].path;
	_cleanup_(closep) int fd = open_beneath(source->rootfd, name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	char path[64];
	struct stat st;
	int r;

	if (fd == -ENOENT || fd == -ENOTDIR)
		return 0;
	if (fd < 0)
		return error_code(err, fd, "cannot open '%s'", name);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return error_set(err, -EBADMSG, "%s is not a file", name);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	r = io_read_file(AT_FDCWD, path, parts[part].limit, &text, NULL);
	if (r < 0)
		return error_code(err, r, "cannot read '%s'", name);
	return parts[part].read(source, &text, err);
}

/* Step into rootfs if the directory is a bundle, and read how it starts. */
static int enter_bundle(struct export_source *source, const char *path, struct error *err)
{
	struct stat st;
	int rootfs, r = 0;

	if (fstatat(source->rootfd, "config.json", &st, AT_SYMLINK_NOFOLLOW) < 0 || S_ISLNK(st.st_mode) ||
	    fstatat(source->rootfd, "rootfs", &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (!S_ISDIR(st.st_mode))
		return error_set(err, -EBADMSG, "'%s': rootfs is not a directory", path);
	for (size_t i = 0; r == 0 && i < PARTS; i++)
		r = read_part(source, i, err);
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

static int unpack_part(struct export_source *source, struct image *image, struct tree *tree, size_t part,
		       struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	_cleanup_(freep) char *path = path_join("/", parts[part].path);
	const struct node *node = path ? tree_find(tree, path) : NULL;
	int r;

	if (!path)
		return error_oom(err);
	if (!node)
		return 0;
	if (!S_ISREG(node->inode->mode))
		return error_set(err, -EBADMSG, "%s is not a file", parts[part].path);
	r = unpack_file(image, node, parts[part].limit, &text, err);
	return r < 0 ? error_prefix(err, r, "%s", parts[part].path)
		     : parts[part].read(source, &text, err);
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
		if (!node_is_dir(rootfs))
			return error_set(err, -EBADMSG, "rootfs is not a directory");
		for (size_t i = 0; r == 0 && i < PARTS; i++)
			r = unpack_part(source, image, tree, i, err);
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
