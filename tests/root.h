/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small root file system for unit tests, built name by name in a directory that goes away.
 */
#ifndef TESTS_ROOT_H
#define TESTS_ROOT_H

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/test.h"

struct root {
	char path[PATH_MAX];
};

static inline void root_new(struct root *root)
{
	const char *tmp = getenv("TEST_TMPDIR");

	snprintf(root->path, sizeof(root->path), "%s/sfc-root.XXXXXX", tmp ? tmp : "/var/tmp");
	REQUIRE(mkdtemp(root->path));
	REQUIRE(chmod(root->path, 0755) == 0);
}

static inline void root_free(struct root *root)
{
	char command[PATH_MAX + 32];

	snprintf(command, sizeof(command), "rm -rf '%s'", root->path);
	REQUIRE(system(command) == 0);
}

/* The path on the machine, in one of a few buffers that take turns. */
static inline const char *root_at(const struct root *root, const char *path)
{
	static char buffers[4][PATH_MAX * 2];
	static unsigned int next;
	char *buffer = buffers[next++ % 4];

	snprintf(buffer, sizeof(buffers[0]), "%s%s", root->path, path);
	return buffer;
}

static inline void root_parents(const struct root *root, const char *path)
{
	char above[PATH_MAX];

	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(above, sizeof(above), "%.*s", (int)(slash - path), path);
		mkdir(root_at(root, above), 0755);
	}
}

static inline void root_dir(const struct root *root, const char *path)
{
	root_parents(root, path);
	mkdir(root_at(root, path), 0755);
}

static inline void root_file(const struct root *root, const char *path, mode_t mode,
			     const char *contents)
{
	FILE *file;

	root_parents(root, path);
	file = fopen(root_at(root, path), "w");
	REQUIRE(file);
	REQUIRE(fputs(contents, file) >= 0 && fclose(file) == 0);
	REQUIRE(chmod(root_at(root, path), mode) == 0);
}

static inline void root_link(const struct root *root, const char *path, const char *target)
{
	root_parents(root, path);
	REQUIRE(symlink(target, root_at(root, path)) == 0);
}

/* Run the C compiler in the root's directory; what it cannot build here is a reason to skip. */
static inline void root_cc(const struct root *root, const char *arguments)
{
	char command[PATH_MAX * 3];

	snprintf(command, sizeof(command), "cd '%s' && cc -w %s </dev/null", root->path, arguments);
	if (system(command) != 0)
		test_skip("the C compiler cannot link here");
}

#endif
