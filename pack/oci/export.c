// SPDX-License-Identifier: BSD-2-Clause
#include "pack/oci/export.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/path.h"
#include "db/base/text.h"
#include "pack/engine/lxc.h"
#include "pack/layer/extract_dir.h"
#include "pack/oci/store.h"
#include "pack/oci/write.h"

const char *export_kind_name(enum export_kind kind)
{
	static const char *const names[] = {"oci", "docker",   "oci-dir", "bundle",
						"lxc", "squashfs", "tar"};

	return names[kind];
}

bool export_kind_is_directory(enum export_kind kind)
{
	return kind == EXPORT_OCI_DIR || kind == EXPORT_BUNDLE || kind == EXPORT_LXC;
}

/* ---- files ---- */

/* One tar, under its name when it is whole, or down a pipe. */
static int write_tar(struct node *root, const struct layer_write_options *layer, const char *output,
		     struct layer_written *ret_written, struct error *err)
{
	_cleanup_(io_output_release) struct io_output file = IO_OUTPUT_INIT;
	int r;

	if (strcmp(output, "-") == 0) {
		r = layer_write(root, layer, STDOUT_FILENO, ret_written, err);
		return r < 0 ? error_prefix(err, r, "standard output") : 0;
	}
	r = io_output_open(&file, output, 0644, err);
	if (r == 0)
		r = layer_write(root, layer, file.fd, ret_written, err);
	if (r == -ENOSPC)
		return error_prefix(err, r, "%s", output);
	return r < 0 ? r : io_publish(&file, err);
}

static int write_squashfs(struct tree *tree, const struct image_options *image, const char *output,
			  struct error *err)
{
	_cleanup_(io_output_release) struct io_output file = IO_OUTPUT_INIT;
	struct image_options named = *image;
	struct image_stats stats;
	int r = io_output_open(&file, output, 0644, err);

	named.name = output;
	if (r == 0)
		r = image_write(tree, &named, file.fd, &stats, err);
	return r < 0 ? r : io_publish(&file, err);
}

/* ---- directories ---- */

static int write_text(int dirfd, const char *name, const char *text, struct error *err)
{
	_cleanup_(closep) int fd =
	    openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	int r;

	if (fd < 0)
		return error_errno(err, "cannot create '%s'", name);
	r = io_write(fd, text, strlen(text));
	return r < 0 ? error_code(err, r, "cannot write '%s'", name) : 0;
}

/* The root below `dirfd` as "rootfs", with its own mode. */
static int write_rootfs(struct node *root, int dirfd, const struct export_options *options,
			struct export_stats *stats, struct error *err)
{
	_cleanup_(closep) int fd = -1;
	int r;

	if (mkdirat(dirfd, "rootfs", 0700) < 0)
		return error_errno(err, "cannot create 'rootfs'");
	fd = openat(dirfd, "rootfs", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, "cannot open 'rootfs'");
	r = extract_tree(root, fd, &options->extract, &stats->extract, err);
	if (r == 0 && fchmod(fd, root->inode->mode & 07777) < 0)
		r = error_errno(err, "cannot set the mode of 'rootfs'");
	return r;
}

static int write_bundle(struct node *root, const json_t *start, int dirfd,
			const struct export_options *options, struct export_stats *stats,
			struct error *err)
{
	_cleanup_(json_freep) json_t *own = json_deep_copy(start);
	_cleanup_(freep) char *text = NULL;
	json_t *place = json_object_get(own, "root");
	int r;

	/* wherever the root was, it is here now */
	if (!json_is_object(place)) {
		place = json_object();
		json_object_set_new(own, "root", place);
	}
	json_object_set_new(place, "path", json_string("rootfs"));
	text = json_dumps(own, JSON_INDENT(2));
	if (!text)
		return error_oom(err);
	r = write_text(dirfd, "config.json", text, err);
	return r < 0 ? r : write_rootfs(root, dirfd, options, stats, err);
}

/* Where LXC finds the root of a container at `output`, whatever the directory it is used from. */
static char *rootfs_path(const char *output)
{
	_cleanup_(freep) char *here = getcwd(NULL, 0), *joined = NULL, *whole = NULL;
	char *place;

	if (!here)
		return NULL;
	joined = output[0] == '/' ? strdup(output) : path_join(here, output);
	whole = joined ? path_canonicalize(joined) : NULL;
	free(take(joined));
	joined = whole ? path_join(whole, "rootfs") : NULL;
	if (!joined || asprintf(&place, "dir:%s", joined) < 0)
		return NULL;
	return place;
}

static int write_lxc(struct node *root, const json_t *start, const char *output, int dirfd,
		     const struct export_options *options, struct export_stats *stats,
		     struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	_cleanup_(freep) char *rootfs = rootfs_path(output);
	char name[64];
	int r;

	if (!rootfs)
		return error_oom(err);
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(options->name, ":/"), options->name);
	r = lxc_config(start, rootfs, name, &text, err);
	if (r == 0)
		r = write_text(dirfd, "config", text.bytes, err);
	return r < 0 ? r : write_rootfs(root, dirfd, options, stats, err);
}

/* ---- container images ---- */

static int write_oci(struct node *root, const json_t *start, const struct export_options *options,
		     const char *output, int dirfd, struct export_stats *stats, struct error *err)
{
	struct oci_write_options oci = {.name = options->name,
					.platform = options->platform,
					.layer = options->layer,
					.tmpdir = options->tmpdir};
	struct layer_write_options around = {.cancel = options->layer.cancel};
	struct layer_written written = {0}, whole;
	_cleanup_(tree_freep) struct tree *tree = NULL;
	_cleanup_(closep) int layer = -1;
	int r;

	r = oci_write_tree(root, start, &oci, &tree, &layer, &written, err);
	if (r < 0)
		return r;
	stats->sockets = written.sockets;
	if (dirfd >= 0)
		return extract_tree(tree_root(tree), dirfd, &options->extract, &stats->extract,
				    err);
	return write_tar(tree_root(tree), &around, output, &whole, err);
}

static int write_directory(struct node *root, const json_t *start,
			   const struct export_options *options, const char *output,
			   struct export_stats *stats, struct error *err)
{
	_cleanup_(extract_dir_release) struct extract_dir dir = EXTRACT_DIR_INIT;
	int r = extract_dir_open(&dir, output, err);

	if (r == 0 && options->kind == EXPORT_BUNDLE)
		r = write_bundle(root, start, dir.fd, options, stats, err);
	else if (r == 0 && options->kind == EXPORT_LXC)
		r = write_lxc(root, start, output, dir.fd, options, stats, err);
	else if (r == 0)
		r = write_oci(root, start, options, output, dir.fd, stats, err);
	return r < 0 ? r : extract_dir_publish(&dir, 0755, err);
}

int export_write(struct node *root, const json_t *start, const struct export_options *options,
		 const char *output, struct export_stats *stats, struct error *err)
{
	struct layer_written written = {0};
	int r;

	if (export_kind_is_directory(options->kind))
		return write_directory(root, start, options, output, stats, err);
	if (options->kind == EXPORT_SQUASHFS)
		return write_squashfs(node_tree(root), &options->image, output, err);
	if (options->kind != EXPORT_TAR)
		return write_oci(root, start, options, output, -1, stats, err);
	r = write_tar(root, &options->layer, output, &written, err);
	stats->sockets = written.sockets;
	return r;
}
