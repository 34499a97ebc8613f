// SPDX-License-Identifier: BSD-2-Clause
#include "fs/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "fs/mountpoint.h"

/* The canonical path of a file that need not be there yet. */
static int real_file(char **path, struct error *err)
{
	_cleanup_(freep) char *copy = strdup(*path), *directory = NULL;
	char *real, *slash;

	if (!copy)
		return error_oom(err);
	slash = strrchr(copy, '/');
	if (slash)
		*slash = '\0';
	directory = realpath(!slash ? "." : copy[0] ? copy : "/", NULL);
	if (!directory)
		return error_errno(err, "manifest %s", *path);
	real = path_join(directory, slash ? slash + 1 : copy);
	if (!real)
		return error_oom(err);
	free(*path);
	*path = real;
	return 0;
}

static int check_manifest(struct options *options, const char *source, struct error *err)
{
	int r;

	if (!options->manifest)
		return error_set(err, -EINVAL, "no manifest was named; say -o manifest=FILE");
	r = real_file(&options->manifest, err);
	if (r < 0)
		return r;
	if (path_is_within(options->manifest, options->mountpoint))
		return error_set(err, -EINVAL, "manifest %s is below the mount point; put it "
					       "elsewhere", options->manifest);
	if (strcmp(source, "/") != 0 && path_is_within(options->manifest, source))
		return error_set(err, -EINVAL, "manifest %s is inside the traced tree %s; put it "
					       "elsewhere", options->manifest, source);
	return 0;
}

int options_resolve(struct options *options, struct error *err)
{
	_cleanup_(freep) char *source = NULL, *mountpoint = NULL;
	struct stat st;
	int r;

	if (stat(options->source, &st) < 0)
		return error_errno(err, "source %s", options->source);
	if (!S_ISDIR(st.st_mode))
		return error_set(err, -ENOTDIR, "source %s is not a directory", options->source);
	source = realpath(options->source, NULL);
	if (!source)
		return error_errno(err, "source %s", options->source);
	r = mountpoint_check(options->mountpoint, &mountpoint, err);
	if (r < 0)
		return r;
	free(options->mountpoint);
	options->mountpoint = take(mountpoint);
	free(options->source);
	options->source = take(source);
	return check_manifest(options, options->source, err);
}
