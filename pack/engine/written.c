// SPDX-License-Identifier: BSD-2-Clause
#include "pack/engine/written.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/path.h"

int written_paths_add(struct written_paths *paths, const char *path, const char *directory)
{
	struct written_path one = {strdup(path), strdup(directory)};

	if (one.path && one.directory && array_push(paths, one) == 0)
		return 0;
	free(one.path);
	free(one.directory);
	return -ENOMEM;
}

void written_paths_release(struct written_paths *paths)
{
	for (size_t i = 0; i < paths->count; i++) {
		free(paths->items[i].path);
		free(paths->items[i].directory);
	}
	array_release(paths);
}

static bool is_within_any(const char *path, const struct fact_list *directories)
{
	for (size_t i = 0; i < directories->count; i++)
		if (path_is_within(path, directories->items[i]))
			return true;
	return false;
}

/* The engine puts something there anyway. */
static bool is_writable(const char *directory, const struct facts *facts)
{
	bool found = path_is_within(directory, "/proc") || path_is_within(directory, "/sys") ||
		     path_is_within(directory, "/dev") || is_within_any(directory, &facts->volumes);

	for (size_t i = 0; !found && i < facts->tmpfs.count; i++)
		found = path_is_within(directory, facts->tmpfs.items[i].destination);
	for (size_t i = 0; !found && i < facts->mounts.count; i++)
		found = path_is_within(directory, facts->mounts.items[i].destination);
	return found;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct written_path *)a)->path, ((const struct written_path *)b)->path);
}

/* What engines make or put something over themselves: who tested has done so, too. */
static bool is_engines(const char *path)
{
	static const char *const theirs[] = {"/dev", "/etc", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/etc/mtab",
					     "/etc/machine-id", "/proc", "/run", "/sys"};

	for (size_t i = 0; i < sizeof(theirs) / sizeof(*theirs); i++)
		if (strcmp(path, theirs[i]) == 0)
			return true;
	return false;
}

/* There is something in it that nobody wrote, and that would be gone. */
static bool hides(const struct written_paths *paths, const struct node *root, const char *directory)
{
	const struct node *node = tree_find(node_tree(root), directory);

	for (uint32_t i = 0; node && i < node_child_count(node); i++) {
		_cleanup_(freep) char *path = node_path(node_child_at(node, i));
		struct written_path key = {.path = path};

		if (!path || !bsearch(&key, paths->items, paths->count, sizeof(key), by_path))
			return true;
	}
	return false;
}

static bool has(const struct fact_list *list, const char *word)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i], word) == 0)
			return true;
	return false;
}

int written_apply(const struct written_paths *paths, const struct node *root, struct facts *facts, struct error *err)
{
	int r = 0;

	facts->traced = paths->known;
	for (size_t i = 0; r == 0 && i < paths->count; i++) {
		const char *directory = paths->items[i].directory;
		struct fact_list *list;

		if (is_engines(paths->items[i].path) || is_writable(directory, facts) ||
		    is_within_any(directory, &facts->written))
			continue;
		list = hides(paths, root, directory) ? &facts->written_over : &facts->written;
		if (!has(list, directory))
			r = array_push(list, directory);
	}
	return r < 0 ? error_oom(err) : 0;
}
