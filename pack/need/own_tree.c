// SPDX-License-Identifier: BSD-2-Clause
#include "pack/need/own_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "pack/need/data_tree.h"
#include "pack/need/margin_rule.h"
#include "pack/tree/intern.h"

void own_trees_release(struct own_trees *trees)
{
	for (size_t i = 0; i < trees->count; i++)
		free(trees->items[i].top);
	array_release(trees);
}

/* What package managers and systemd keep for themselves. */
static bool is_managers(const char *top)
{
	static const char *const managers[] = {"/var/lib/dpkg",	   "/var/lib/apt",  "/var/lib/rpm",
					       "/var/lib/pacman",  "/var/lib/dnf",  "/var/lib/yum",
					       "/var/lib/systemd", "/var/lib/ucf",  "/var/lib/pam",
					       "/var/lib/misc",	   "/var/lib/sfc"};

	for (size_t i = 0; i < sizeof(managers) / sizeof(*managers); i++)
		if (strcmp(managers[i], top) == 0)
			return true;
	return false;
}

char *own_tree_top(const char *path)
{
	static const char *const above[] = {"/srv/", "/opt/", "/var/www/", "/var/lib/", "/home/"};

	for (size_t i = 0; i < sizeof(above) / sizeof(*above); i++) {
		size_t length = strlen(above[i]);
		char *top;

		if (strncmp(path, above[i], length) != 0 || !path[length])
			continue;
		top = strndup(path, length + strcspn(path + length, "/"));
		if (!top || !is_managers(top))
			return top;
		free(top);
	}
	return NULL;
}

/* Takes ownership of `top`. */
static int note_tree(struct own_trees *trees, char *top, const char *what,
		     const struct closure_entry *by, struct own_tree **ret_tree)
{
	struct own_tree tree = {.top = top, .what = what, .by = by};

	for (size_t i = 0; i < trees->count; i++)
		if (strcmp(trees->items[i].top, top) == 0) {
			free(top);
			*ret_tree = &trees->items[i];
			return 0;
		}
	if (array_push(trees, tree) < 0) {
		free(top);
		return -ENOMEM;
	}
	*ret_tree = &trees->items[trees->count - 1];
	return 0;
}

/* Logs, caches and locks change, and nobody misses what they were. */
static bool is_fleeting(const char *path)
{
	static const char *const patterns[] = {"*.log*", "*.pid", "*.lock", "*.sock", "*.tmp", "log/**",
					       "logs/**", "cache/**", ".cache/**", "tmp/**", "lock", "LOCK"};

	for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++)
		if (path_match(patterns[i], path))
			return true;
	return false;
}

static bool was_changed(const struct closure_entry *entry)
{
	return entry->file->kind == ENTRY_FILE &&
	       entry->selected->uses & (USE_WRITTEN | USE_CHANGED) && !is_fleeting(entry->file->path);
}

/* The trees that one touched entry lies in; `seen` has the directories that were judged. */
static int note_touched(struct closure *closure, struct closure_entry *entry, struct intern *seen,
			struct own_trees *trees, struct error *err)
{
	_cleanup_(freep) char *directory = path_parent(entry->file->path), *data = NULL;
	char *top = own_tree_top(entry->file->path);
	const struct source_entry *file;
	struct own_tree *tree;
	const char *what;
	int r = top ? source_look(closure->source, top, &file, err) : 0;

	if (r == 0 && top && file->kind == ENTRY_DIR) {
		r = note_tree(trees, take(top), NULL, entry, &tree) < 0 ? error_oom(err) : 0;
		if (r == 0) {
			tree->touched = true;
			tree->changed |= was_changed(entry);
		}
	}
	free(top);
	if (r < 0 || !directory)
		return r < 0 ? r : error_oom(err);
	if (intern_has(seen, directory))
		return 0;
	r = intern_string(seen, directory)
		    ? data_tree_around(closure->source, entry->file->path, &data, &what, err)
		    : error_oom(err);
	if (r < 0 || !data)
		return r;
	if (note_tree(trees, take(data), what, entry, &tree) < 0)
		return error_oom(err);
	tree->what = what;
	tree->touched = true;
	return 0;
}

static int note_named(struct closure *closure, const struct margin_named *named,
		      struct own_trees *trees, struct error *err)
{
	char *top = own_tree_top(named->file->path);
	const struct source_entry *file;
	struct own_tree *tree;
	int r = top ? source_look(closure->source, top, &file, err) : 0;

	if (r == 0 && top && file->kind == ENTRY_DIR)
		return note_tree(trees, top, NULL, named->by, &tree) < 0 ? error_oom(err) : 0;
	free(top);
	return r;
}

int own_trees_find(struct closure *closure, const struct margin_work *work, struct own_trees *trees,
		   struct error *err)
{
	struct intern seen = {0};
	int r = 0;

	for (size_t i = 0; r == 0 && i < closure->entries.count; i++)
		if (margin_is_touched(closure->entries.items[i]))
			r = note_touched(closure, closure->entries.items[i], &seen, trees, err);
	for (size_t i = 0; r == 0 && work && i < work->named.count; i++)
		r = note_named(closure, &work->named.items[i], trees, err);
	intern_release(&seen);
	return r;
}
