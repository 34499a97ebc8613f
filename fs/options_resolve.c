// SPDX-License-Identifier: BSD-2-Clause
#include "fs/options.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "fs/elsewhere.h"
#include "fs/mountpoint.h"
#include "fs/traces.h"

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

/* One of many in its directory: by its label, too, it is told which of the replicas it is of. */
static int name_manifest(struct options *options, struct error *err)
{
	if (!options->label)
		options->label = traces_host();
	return options->label ? traces_new(options->traces, &options->manifest, err) : error_oom(err);
}

static int check_manifest(struct options *options, const char *source, struct error *err)
{
	int r = 0;

	if (options->traces)
		r = name_manifest(options, err);
	if (r < 0)
		return r;
	if (!options->manifest)
		return error_set(err, -EINVAL, "no manifest was named; say -o manifest=FILE");
	r = real_file(&options->manifest, err);
	if (r < 0)
		return r;
	if (!options->command && path_is_within(options->manifest, options->mountpoint))
		return error_set(err, -EINVAL, "manifest %s is below the mount point; put it "
					       "elsewhere", options->manifest);
	if (strcmp(source, "/") != 0 && path_is_within(options->manifest, source))
		return error_set(err, -EINVAL, "manifest %s is inside the traced tree %s; put it "
					       "elsewhere", options->manifest, source);
	return 0;
}

struct place {
	char path[PATH_MAX];
};

static int check_there(void *data, int fds[ELSEWHERE_FDS], struct error *err)
{
	_cleanup_(freep) char *real = NULL;
	struct place *place = data;
	int r = mountpoint_check(place->path, &real, err);

	(void)fds;
	if (r == 0)
		snprintf(place->path, sizeof(place->path), "%s", real);
	return r;
}

static int absolute(char **path, struct error *err)
{
	_cleanup_(freep) char *here = getcwd(NULL, 0);
	char *joined;

	if ((*path)[0] == '/')
		return 0;
	joined = here ? path_join(here, *path) : NULL;
	if (!joined)
		return error_oom(err);
	free(*path);
	*path = joined;
	return 0;
}

/* The mount point is one of the namespace that the mount is for, and so is scratch. */
static int resolve_there(struct options *options, char **ret_mountpoint, struct error *err)
{
	_cleanup_(elsewhere_release) struct elsewhere ns = ELSEWHERE_NONE;
	struct place place;
	int r = 0;

	if (options->scratch && strcmp(options->scratch, "tmpfs") != 0)
		r = absolute(&options->scratch, err);
	if (r == 0)
		r = absolute(&options->mountpoint, err);
	if (r == 0)
		r = elsewhere_open(&ns, (pid_t)options->namespace, err);
	if (r < 0)
		return r;
	snprintf(place.path, sizeof(place.path), "%s", options->mountpoint);
	r = elsewhere_call(&ns, check_there, &place, sizeof(place), NULL, err);
	if (r < 0)
		return r;
	*ret_mountpoint = strdup(place.path);
	return *ret_mountpoint ? 0 : error_oom(err);
}

/* PID 1 of a pid namespace whose /proc is mounted here: these mounts are its own, too. */
static bool is_container(void)
{
	char self[16];
	ssize_t n = getpid() == 1 ? readlink("/proc/self", self, sizeof(self)) : -1;

	return n == 1 && self[0] == '1';
}

/* Does it insist on being the first process? */
static bool is_init(const char *program)
{
	static const char *const names[] = {"/init", "/sbin/init", "/usr/sbin/init", NULL};
	const char *name = path_name(program);

	for (size_t i = 0; names[i]; i++)
		if (strcmp(program, names[i]) == 0)
			return true;
	return strcmp(name, "systemd") == 0 || strncmp(name, "s6-svscan", 9) == 0 ||
	       strncmp(name, "s6-overlay", 10) == 0;
}

static bool is_mounted_read_only(const char *path)
{
	struct statvfs st;

	return statvfs(path, &st) == 0 && (st.f_flag & ST_RDONLY);
}

const char *options_base(const struct options *options)
{
	return options->above ? options->above : options->source;
}

/* There is no mount point: the traced root is the command's "/", in its own mounts or in ours. */
static int resolve_command(struct options *options, struct error *err)
{
	bool whole = strcmp(options_base(options), "/") == 0;
	int r = options_set_text(&options->mountpoint, "/", err);

	if (r == 0 && options->image && options->image[0] == '/')
		r = traces_image(&options->image, &options->user, err);
	if (r < 0)
		return r;
	if (options->container == CONTAINER_YES && !whole)
		return error_set(err, -EINVAL, "container=yes is for / as the SOURCE");
	options->in_place = options->container == CONTAINER_YES ||
			    (options->container == CONTAINER_AUTO && whole && is_container());
	options->pid1 |= !options->not_pid1 && is_init(options->command[0]);
	options->foreground = true;
	if (options->in_place) {
		options->xdev = true; /* volumes are not the image's */
		options->read_only |= (!options->scratch || options->above) && is_mounted_read_only("/");
	}
	return 0;
}

int options_resolve(struct options *options, struct error *err)
{
	_cleanup_(freep) char *source = NULL, *mountpoint = NULL;
	struct stat st;
	int r;

	if (options->above && stat(options->source, &st) < 0)
		return error_errno(err, "there is no full root at %s, for what is missing here; mount it there "
					"(docker run -v, podman run --mount type=image)", options->source);
	if (stat(options->source, &st) < 0)
		return error_errno(err, "source %s", options->source);
	if (!S_ISDIR(st.st_mode))
		return error_set(err, -ENOTDIR, "source %s is not a directory", options->source);
	source = realpath(options->source, NULL);
	if (!source)
		return error_errno(err, "source %s", options->source);
	free(options->source);
	options->source = take(source);
	if (options->command) {
		r = resolve_command(options, err);
		return r < 0 ? r : check_manifest(options, options->source, err);
	}
	r = options->namespace ? resolve_there(options, &mountpoint, err)
			       : mountpoint_check(options->mountpoint, &mountpoint, err);
	if (r < 0)
		return r;
	free(options->mountpoint);
	options->mountpoint = take(mountpoint);
	return check_manifest(options, options->source, err);
}
