// SPDX-License-Identifier: BSD-2-Clause
#include "pack/oci/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/json.h"
#include "pack/oci/image_config.h"

void oci_file_release(struct oci_file *file)
{
	oci_image_free(file->image);
	oci_store_free(file->store);
	tree_free(file->tree);
	content_file_free(file->contents);
	closep(&file->dirfd);
	carrier_release(&file->carrier);
	*file = (struct oci_file)OCI_FILE_INIT;
}

static int open_directory(struct oci_file *file, const char *name, struct error *err)
{
	file->dirfd = open(file->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (file->dirfd < 0)
		return error_errno(err, "cannot open '%s'", name);
	return oci_store_of_directory(file->dirfd, name, &file->store) < 0 ? error_oom(err) : 0;
}

static int open_archive(struct oci_file *file, const char *name, const struct carrier_options *access,
			struct error *err)
{
	struct layer_options options = {.cancel = access->cancel};
	struct layer_stats stats = {0};
	int r = content_file_new(access->tmpdir, &file->contents, err);

	if (r < 0)
		return r;
	if (tree_new(&file->tree) < 0)
		return error_oom(err);
	options.contents = file->contents;
	r = layer_apply_path(file->path, &options, file->tree, &stats, err);
	if (r < 0)
		return r;
	return oci_store_of_tree(file->tree, name, &file->store) < 0 ? error_oom(err) : 0;
}

/* The combined form is both: its OCI half states a digest for every layer. */
static int find_kind(struct oci_file *file, const struct reference *from, const char *name, struct error *err)
{
	bool any = from->transport == REFERENCE_FILE || reference_is_remote(from);
	bool archive = from->transport == REFERENCE_DOCKER_ARCHIVE;

	if (!archive && (oci_layout_is(file->store) || (any && oci_dir_is(file->store))))
		file->is_archive = false;
	else if ((any || archive) && docker_archive_is(file->store))
		file->is_archive = true;
	else
		return error_set(err, -EINVAL, "'%s' is not %s", name,
				 any	   ? "a container image"
				 : archive ? "a docker archive"
					   : "an OCI image");
	return 0;
}

static int fetch(struct oci_file *file, const struct reference *from, const struct carrier_options *access,
		 struct error *err)
{
	int r = carrier_open(&file->carrier, access, err);

	if (r == 0)
		r = carrier_fetch(&file->carrier, from, access, err);
	file->path = file->carrier.path;
	return r;
}

static int find_image(struct oci_file *file, const struct reference *from, const char *platform, struct error *err)
{
	struct oci_choice choice = {.ref = reference_is_remote(from) ? NULL : from->name, .platform = platform};
	const char *type;
	int r = file->is_archive ? docker_archive_image(file->store, &choice, &file->image, err)
				 : oci_layout_image(file->store, &choice, &file->image, err);

	if (r < 0)
		return r;
	type = json_text(file->image->config, "mediaType");
	file->docker = type && strcmp(type, IMAGE_CONFIG_DOCKER) == 0;
	return 0;
}

int oci_file_open(struct oci_file *file, const struct reference *from, const struct carrier_options *access,
		  struct error *err)
{
	const char *name = reference_is_remote(from) ? from->text : from->path;
	struct stat st;
	int r = 0;

	file->path = from->path;
	if (reference_is_remote(from))
		r = fetch(file, from, access, err);
	if (r < 0)
		return r;
	if (stat(file->path, &st) < 0)
		return error_errno(err, "cannot open '%s'", name);
	r = S_ISDIR(st.st_mode) ? open_directory(file, name, err) : open_archive(file, name, access, err);
	if (r == 0)
		r = find_kind(file, from, name, err);
	return r < 0 ? r : find_image(file, from, access->platform, err);
}
