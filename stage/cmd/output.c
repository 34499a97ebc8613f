// SPDX-License-Identifier: BSD-2-Clause
/* -o FILE|IMAGE of slim and pack: can it be written? */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "db/base/program.h"
#include "stage/cmd/cmd.h"

/* A file that is to be, or a directory. */
static int check_place(const char *path, bool force, struct error *err)
{
	_cleanup_(freep) char *directory = strchr(path, '/') ? path_parent(path) : strdup(".");
	struct stat st;

	if (!directory)
		return error_oom(err);
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return error_set(err, -EISDIR, "the output '%s' is a directory", path);
	if (access(path, F_OK) == 0 && !force)
		return error_set(err, -EEXIST, "'%s' is there already; --force replaces it", path);
	if (stat(directory, &st) < 0 || !S_ISDIR(st.st_mode))
		return error_set(err, -ENOENT, "no directory '%s' for the output", directory);
	return access(directory, W_OK) < 0 ? error_set(err, -EACCES, "cannot write in '%s'", directory) : 0;
}

static int check_image(const struct asked *asked, const struct reference *image, struct error *err)
{
	bool by_docker = image->transport == REFERENCE_DAEMON && program_is_there("docker");
	struct stat st;

	if (reference_is_remote(image))
		return program_is_there("skopeo") || by_docker
			       ? 0
			       : error_set(err, -ENOENT,
					   "'%s': skopeo is not installed, which fetches and delivers images",
					   asked->output);
	/* a layout that is there has other images, which stay */
	if (image->transport == REFERENCE_OCI && stat(image->path, &st) == 0 && S_ISDIR(st.st_mode))
		return 0;
	return check_place(image->path, asked->force, err);
}

/* An archive of an image says of what kind it is to be. */
static int check_package(const struct asked *asked, struct error *err)
{
	size_t length = strlen(asked->output);

	if (length > 4 && strcmp(asked->output + length - 4, ".tar") == 0)
		return error_set(err, -EINVAL, "a package is no tar; docker-archive:%s and oci-archive:%s are images",
				 asked->output, asked->output);
	if (asked->changes.count || asked->keep_package)
		return error_set(err, -EINVAL, "--%s goes with an image: -o IMAGE",
				 asked->changes.count ? "change" : "keep-package");
	return check_place(asked->output, asked->force, err);
}

int cmd_check_output(const struct asked *asked, struct reference *ret_image, struct error *err)
{
	int r = reference_parse(asked->output, ret_image, err);

	if (r < 0)
		return r;
	if (ret_image->transport == REFERENCE_FILE)
		return check_package(asked, err);
	r = check_image(asked, ret_image, err);
	return r == 0 && asked->keep_package ? check_place(asked->keep_package, asked->force, err) : r;
}
