// SPDX-License-Identifier: BSD-2-Clause
#include "pack/source/which.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"

enum { SLIPS_MAX = 2, NAME_LONGEST = 64 };

/* Is what this path leads to a program? Takes `path` on success. */
static int try_path(struct source *source, char *path, char **ret_path,
		    const struct source_entry **ret_entry)
{
	_cleanup_(freep) char *candidate = path;
	const struct source_entry *entry;
	int r;

	if (!candidate)
		return -ENOMEM;
	r = source_walk(source, candidate, SOURCE_FOLLOW, NULL, NULL, &entry, NULL);
	if (r < 0)
		return r;
	if (entry->kind != ENTRY_FILE || !(entry->mode & 0111))
		return -EACCES;
	*ret_path = take(candidate);
	if (ret_entry)
		*ret_entry = entry;
	return 0;
}

/* The next directory of a search path: copied, "" for the working directory. NULL at the end. */
static char *next_directory(const char **rest)
{
	size_t length;
	char *directory;

	if (!*rest)
		return NULL;
	length = strcspn(*rest, ":");
	directory = strndup(*rest, length);
	*rest = (*rest)[length] ? *rest + length + 1 : NULL;
	return directory;
}

static int search(struct source *source, const char *search_path, const char *command,
		  char **ret_path, const struct source_entry **ret_entry)
{
	int result = -ENOENT;
	char *next;

	while ((next = next_directory(&search_path))) {
		_cleanup_(freep) char *directory = next;
		int r;

		if (directory[0] != '/') /* where it starts is not known here */
			continue;
		r = try_path(source, path_join(directory, command), ret_path, ret_entry);
		if (r == 0 || r == -ENOMEM)
			return r;
		if (r == -EACCES)
			result = r;
	}
	return result;
}

int which_find(struct source *source, const char *search_path, const char *cwd,
	       const char *command, char **ret_path, const struct source_entry **ret_entry,
	       struct error *err)
{
	int r = -ENOENT;

	if (strchr(command, '/'))
		r = try_path(source, command[0] == '/' ? strdup(command)
						       : path_join(cwd ? cwd : "/", command),
			     ret_path, ret_entry);
	else if (*command)
		r = search(source, search_path, command, ret_path, ret_entry);
	if (r == -ENOMEM)
		return error_oom(err);
	if (r == -EACCES)
		return error_set(err, r, "'%s' is not an executable file in the root", command);
	if (r < 0 && strchr(command, '/'))
		return error_set(err, -ENOENT, "'%s' is not in the root", command);
	if (r < 0)
		return error_set(err, -ENOENT, "'%s' not found in the root's PATH", command);
	return 0;
}

static size_t smallest(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Letters to insert, drop, replace or swap with their neighbour; names are short. */
static size_t slips(const char *a, const char *b)
{
	size_t table[NAME_LONGEST + 1][NAME_LONGEST + 1], m = strlen(a), n = strlen(b);

	for (size_t i = 0; i <= m; i++) {
		for (size_t j = 0; j <= n; j++) {
			size_t best;

			if (i == 0 || j == 0) {
				table[i][j] = i + j;
				continue;
			}
			best = table[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
			best = smallest(best, table[i - 1][j] + 1);
			best = smallest(best, table[i][j - 1] + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				best = smallest(best, table[i - 2][j - 2] + 1);
			table[i][j] = best;
		}
	}
	return table[m][n];
}

struct suggestion {
	const char *command;
	char *best; /* owned */
	size_t distance;
};

static int consider(const char *name, void *data)
{
	struct suggestion *suggestion = data;
	size_t distance, length = strlen(suggestion->command);
	char *copy;

	if (strlen(name) > NAME_LONGEST || strlen(name) + SLIPS_MAX < length)
		return 0;
	distance = slips(suggestion->command, name);
	if (distance >= suggestion->distance || distance >= length)
		return 0;
	copy = strdup(name);
	if (copy) {
		free(suggestion->best);
		suggestion->best = copy;
		suggestion->distance = distance;
	}
	return 0;
}

char *which_suggest(struct source *source, const char *search_path, const char *command)
{
	struct suggestion suggestion = {.command = command, .distance = SLIPS_MAX + 1};
	char *next;

	if (strlen(command) > NAME_LONGEST || strchr(command, '/'))
		return NULL;
	while ((next = next_directory(&search_path))) {
		_cleanup_(freep) char *directory = next;
		const struct source_entry *entry;

		if (directory[0] == '/' && source_walk(source, directory, SOURCE_FOLLOW, NULL, NULL,
						       &entry, NULL) == 0)
			source_list(source, entry->path, consider, &suggestion, NULL);
	}
	return suggestion.best;
}
