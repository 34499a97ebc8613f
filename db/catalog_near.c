// SPDX-License-Identifier: BSD-2-Clause
#include "db/catalog_near.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/manifest_private.h"

struct near_directory {
	struct hash_link link;
	size_t length;
	char path[];
};

void catalog_near_release(struct catalog_near *near)
{
	struct hash_cursor cursor = {0};
	struct hash_link *link;

	while ((link = hash_each(&near->directories, &cursor)))
		free(container_of(link, struct near_directory, link));
	hash_release(&near->directories);
}

bool catalog_near_has(const struct catalog_near *near, const char *path, size_t length)
{
	uint64_t hash = hash_bytes(path, length);

	for (struct hash_link *l = hash_first(&near->directories, hash); l; l = hash_next(l, hash)) {
		const struct near_directory *directory =
			container_of(l, struct near_directory, link);

		if (directory->length == length && memcmp(directory->path, path, length) == 0)
			return true;
	}
	return false;
}

size_t catalog_parent_length(const char *path, size_t length)
{
	while (length > 1 && path[length - 1] != '/')
		length--;
	return length > 1 ? length - 1 : 1;
}

/* With all above it: where one is known, those above it are. */
static int add_upwards(struct catalog_near *near, const char *path, size_t length)
{
	while (!catalog_near_has(near, path, length)) {
		struct near_directory *directory = calloc(1, sizeof(*directory) + length + 1);

		if (!directory)
			return -ENOMEM;
		directory->length = length;
		memcpy(directory->path, path, length);
		if (hash_add(&near->directories, &directory->link, hash_bytes(path, length)) < 0) {
			free(directory);
			return -ENOMEM;
		}
		length = catalog_parent_length(path, length);
	}
	return 0;
}

int catalog_near_add(struct catalog_near *near, const char *directory)
{
	return add_upwards(near, directory, strlen(directory));
}

int catalog_near_add_accessed(struct catalog_near *near, struct manifest *manifest, struct error *err)
{
	static const char sql[] =
		"SELECT path FROM entry WHERE id IN (SELECT entry FROM access) ORDER BY path";
	_cleanup_(statement_freep) sqlite3_stmt *stmt = NULL;
	int r = statement_new(&manifest->sql, sql, &stmt, err);

	while (r == 0 && (r = statement_step(&manifest->sql, stmt, err)) > 0) {
		const char *path = column_text(stmt, 0);
		size_t length = strlen(path);

		r = 0;
		if (length && add_upwards(near, path, catalog_parent_length(path, length)) < 0)
			r = error_oom(err);
	}
	return r;
}
