// SPDX-License-Identifier: BSD-2-Clause
#include "pack/export_source.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "pack/oci_store.h"

void export_source_release(struct export_source *source)
{
	tree_free(source->tree);
	scan_free(source->scan);
	json_decref(source->start);
	closep(&source->rootfd);
	*source = (struct export_source)EXPORT_SOURCE_INIT;
}

/* Step into rootfs if the directory is a bundle, and read how it starts. */
static int enter_bundle(struct export_source *source, const char *path, struct error *err)
{
	_cleanup_(oci_store_freep) struct oci_store *store = NULL;
	int rootfs, r;

	if (oci_store_of_directory(source->rootfd, path, &store) < 0)
		return error_oom(err);
	if (!oci_store_has(store, "config.json"))
		return 0;
	rootfs = openat(source->rootfd, "rootfs", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (rootfs < 0)
		return 0;
	r = oci_store_json(store, "config.json", NULL, &source->start, err);
	close(source->rootfd);
	source->rootfd = rootfs;
	return r;
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

int export_source_open(struct export_source *source, const char *path, struct error *err)
{
	struct stat st;

	*source = (struct export_source)EXPORT_SOURCE_INIT;
	if (stat(path, &st) < 0)
		return error_errno(err, "cannot open '%s'", path);
	if (!S_ISDIR(st.st_mode))
		return error_set(err, -EINVAL, "'%s' is not a directory", path);
	return open_directory(source, path, err);
}
