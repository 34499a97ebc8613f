// SPDX-License-Identifier: BSD-2-Clause
#include "stage/cmd/door.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"

/* As mkdir -p; what is above it is everybody's business. */
static int make(const char *path)
{
	_cleanup_(freep) char *part = strdup(path);

	if (!part)
		return -ENOMEM;
	for (char *at = part + 1; (at = strchr(at, '/')); at++) {
		*at = '\0';
		if (mkdir(part, 0755) < 0 && errno != EEXIST)
			return -errno;
		*at = '/';
	}
	return mkdir(part, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

int door_open(char **ret_path, struct error *err)
{
	const char *given = getenv("SFC_STATE");
	_cleanup_(freep) char *path = NULL;
	struct stat st;
	int r;

	if (!given || !*given)
		given = "/var/lib/sfc";
	r = make(given);
	if (r < 0)
		return error_code(err, r, "cannot make the state directory '%s'", given);
	path = realpath(given, NULL);
	if (!path || stat(path, &st) < 0)
		return error_errno(err, "cannot open the state directory '%s'", given);
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid())
		return error_set(err, -EPERM, "the state directory '%s' is not ours", given);
	if (st.st_mode & 077 && chmod(path, 0700) < 0)
		return error_errno(err, "cannot close the state directory '%s' to others", given);
	*ret_path = take(path);
	return 0;
}

int door_directory(const char *state, const char *name, char **ret_path, struct error *err)
{
	_cleanup_(freep) char *path = path_join(state, name);

	if (!path)
		return error_oom(err);
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return error_errno(err, "cannot make '%s'", path);
	*ret_path = take(path);
	return 0;
}
