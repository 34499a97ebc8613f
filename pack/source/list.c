// SPDX-License-Identifier: BSD-2-Clause
/* What a source holds without a path being known: names in a directory, paths that match. */
#include "pack/source/source.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/open_beneath.h"
#include "db/base/path.h"
#include "pack/source/kept_lists.h"

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

struct names {
	char **items;
	size_t count, capacity;
};

static void names_release(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->items[i]);
	array_release(names);
}

static int names_read(DIR *dir, struct names *names)
{
	struct dirent *found;

	while ((errno = 0, found = readdir(dir))) {
		char *name;

		if (strcmp(found->d_name, ".") == 0 || strcmp(found->d_name, "..") == 0)
			continue;
		name = strdup(found->d_name);
		if (!name || array_push(names, name) < 0) {
			free(name);
			return -ENOMEM;
		}
	}
	if (errno)
		return -errno;
	array_sort(names, compare_names);
	return 0;
}

/* No names where there is no directory. */
static int list_read(struct source *source, const char *path, struct names *names, struct error *err)
{
	_cleanup_(closedirp) DIR *dir = NULL;
	int fd, r;

	fd = open_beneath(source_fd(source), path, O_RDONLY | O_DIRECTORY);
	if (source_has_none(fd))
		return 0;
	if (fd < 0)
		return error_code(err, fd, "cannot list '%s' in '%s'", path, source_path(source));
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return error_oom(err);
	}
	r = names_read(dir, names);
	return r < 0 ? error_code(err, r, "cannot list '%s' in '%s'", path, source_path(source)) : 0;
}

int source_list(struct source *source, const char *path,
		int (*visit)(const char *name, void *data), void *data, struct error *err)
{
	_cleanup_(names_release) struct names names = ARRAY_INIT;
	struct kept_lists *kept = source_kept_lists(source);
	const struct kept_list *list = kept ? kept_lists_find(kept, path) : NULL;
	int r = list ? 0 : list_read(source, path, &names, err);

	if (r == 0 && kept && !list && !(list = kept_lists_add(kept, path, names.items, names.count)))
		return error_oom(err);
	for (size_t i = 0; r == 0 && i < (list ? list->count : names.count); i++)
		r = visit(list ? list->items[i] : names.items[i], data);
	return r;
}

struct finding {
	struct names *names;
	struct error *err;
};

static int note_match(const struct source_entry *entry, void *data)
{
	const struct finding *finding = data;
	char *path = strdup(entry->path);

	if (path && array_push(finding->names, path) == 0)
		return 0;
	free(path);
	return error_oom(finding->err);
}

/* One directory level of a glob. */
struct glob {
	struct source *source;
	const char *pattern;
	const char *directory; /* real path of the level */
	const char *spelled;   /* the same as the pattern spells it, so that it can be matched */
	size_t prefix;         /* bytes of the pattern without a wildcard */
	bool deep;             /* there is a "**" */
	int (*visit)(const struct source_entry *entry, void *data);
	void *data;
	struct error *err;
};

/* Could something below this directory match: has it at most as many parts as the pattern? */
static bool glob_may_contain(const struct glob *glob, const char *spelled)
{
	size_t wanted = 0, have = 0;

	if (glob->deep)
		return true;
	for (const char *p = glob->pattern; *p; p++)
		wanted += *p == '/';
	for (const char *p = spelled; *p; p++)
		have += *p == '/';
	return have < wanted;
}

static int glob_level(const struct glob *glob);

static int glob_name(const char *name, void *data)
{
	const struct glob *glob = data;
	_cleanup_(freep) char *path = path_join(glob->directory, name);
	_cleanup_(freep) char *spelled = path_join(glob->spelled, name);
	const struct source_entry *entry;
	struct glob below = *glob;
	int r;

	if (!path || !spelled)
		return error_oom(glob->err);
	r = source_look(glob->source, path, &entry, glob->err);
	if (r < 0 || entry->kind == ENTRY_MISSING)
		return r;
	if (path_match(glob->pattern, spelled))
		r = glob->visit(entry, glob->data);
	if (r != 0 || entry->kind != ENTRY_DIR || !glob_may_contain(glob, spelled))
		return r;
	below.directory = path;
	below.spelled = spelled;
	return glob_level(&below);
}

static int glob_level(const struct glob *glob)
{
	return source_list(glob->source, glob->directory, glob_name, (void *)glob, glob->err);
}

/* The part of the pattern before the last slash in front of the first wildcard; caller frees. */
static char *literal_directory(const char *pattern, bool *ret_literal)
{
	size_t plain = strcspn(pattern, "*?[\\");

	*ret_literal = pattern[plain] == '\0';
	if (*ret_literal)
		return strdup(pattern);
	while (plain > 0 && pattern[plain - 1] != '/')
		plain--;
	return plain > 1 ? strndup(pattern, plain - 1) : strdup("/");
}

/* The paths that match. */
static int find_matches(struct source *source, const char *pattern, struct names *names, struct error *err)
{
	struct finding finding = {names, err};
	struct glob glob = {.source = source, .pattern = pattern, .visit = note_match, .data = &finding,
			    .err = err, .deep = strstr(pattern, "**") != NULL};
	const struct source_entry *start;
	bool literal;
	_cleanup_(freep) char *directory = literal_directory(pattern, &literal);
	int r;

	if (!directory)
		return error_oom(err);
	r = source_walk(source, directory, literal ? 0 : SOURCE_FOLLOW, NULL, NULL, &start, err);
	if (source_has_none(r))
		return 0;
	if (r < 0 || literal)
		return r < 0 ? r : note_match(start, &finding);
	glob.directory = start->path;
	glob.spelled = directory;
	/* two stars alone stand for no part at all too: the root itself */
	if (path_match(pattern, directory))
		r = note_match(start, &finding);
	return r ? r : glob_level(&glob);
}

int source_glob(struct source *source, const char *pattern,
		int (*visit)(const struct source_entry *entry, void *data), void *data,
		struct error *err)
{
	struct kept_lists *kept = source_kept_matches(source);
	const struct kept_list *list = kept_lists_find(kept, pattern);
	_cleanup_(names_release) struct names names = ARRAY_INIT;
	int r = list ? 0 : find_matches(source, pattern, &names, err);

	if (r == 0 && !list && !(list = kept_lists_add(kept, pattern, names.items, names.count)))
		return error_oom(err);
	for (size_t i = 0; r == 0 && i < list->count; i++) {
		const struct source_entry *entry;

		r = source_look(source, list->items[i], &entry, err);
		if (r == 0)
			r = visit(entry, data);
	}
	return r;
}
