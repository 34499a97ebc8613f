// SPDX-License-Identifier: BSD-2-Clause
#include "stage/cmd/door.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "stage/state/place.h"

int door_open(char **ret_path, struct error *err)
{
	_cleanup_(closep) int fd = -1;

	return place_open(NULL, &fd, ret_path, err);
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
