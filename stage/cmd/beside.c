// SPDX-License-Identifier: BSD-2-Clause
#include "stage/cmd/beside.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "db/base/program.h"
#include "db/base/text.h"

/* The directory this program lies in; the caller frees. */
static char *own_directory(void)
{
	char path[PATH_MAX];

	return program_own_path(path, NULL) < 0 ? NULL : path_parent(path);
}

/* DIRECTORY/NAME when that is there; the caller frees. */
static char *found(const char *directory, const char *name)
{
	char *path = path_join(directory, name);

	if (path && access(path, F_OK) == 0)
		return path;
	free(path);
	return NULL;
}

char *beside_find(const char *name)
{
	_cleanup_(freep) char *own = own_directory();
	_cleanup_(freep) char *below = NULL;
	char *program;

	if (!own || asprintf(&below, "%s/../libexec/sfc-tools", own) < 0)
		return NULL;
	program = found(below, name);
	return program ? program : found(PKGLIBEXECDIR, name);
}

int beside_set_path(struct error *err)
{
	_cleanup_(freep) char *own = own_directory();
	_cleanup_(freep) char *build = own ? path_parent(own) : NULL;
	/* where we were built each program lies in its folder */
	_cleanup_(freep) char *built = build ? found(build, "fs/tracefs") : NULL;
	_cleanup_(text_release) struct text path = TEXT_INIT;
	const char *old = getenv("PATH");

	if (!own || !build)
		return error_oom(err);
	if (built)
		text_printf(&path, "%s/fs:%s/pack:%s", build, build, own);
	else
		text_add(&path, own);
	text_printf(&path, ":%s",
		    old ? old : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	if (text_failed(&path) || setenv("PATH", path.bytes, 1) < 0 ||
	    (built && setenv("builddir", build, 0) < 0))
		return error_oom(err);
	return 0;
}
