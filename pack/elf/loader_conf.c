// SPDX-License-Identifier: BSD-2-Clause
#include "pack/elf/loader_conf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"

enum { CONF_SIZE_MAX = 1024 * 1024, CONF_DEPTH_MAX = 8 };

/* Append the directories of a conf text to `list`; includes are read in place. */
static int conf_parse(struct source *source, char *text, struct text *list, int depth,
		      struct error *err);

struct include {
	struct source *source;
	struct text *list;
	int depth;
	struct error *err;
};

static int conf_read(struct source *source, const char *path, struct text *list, int depth,
		     struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	int r;

	r = source_read(source, path, CONF_SIZE_MAX, &text, err);
	if (r == -ENOENT || r == -ENOTDIR || r == -ELOOP || r == -EINVAL)
		return 0;
	return r < 0 ? r : conf_parse(source, text.bytes, list, depth, err);
}

static int conf_include(const struct source_entry *entry, void *data)
{
	const struct include *include = data;

	return conf_read(include->source, entry->path, include->list, include->depth + 1,
			 include->err);
}

static int conf_line(struct source *source, char *line, struct text *list, int depth,
		     struct error *err)
{
	static const char blanks[] = " \t:,";
	struct include include = {source, list, depth, err};
	char *saved, *word = strtok_r(line, blanks, &saved);

	if (!word || strcmp(word, "hwcap") == 0)
		return 0;
	if (strcmp(word, "include") == 0) {
		int r = 0;

		while (r == 0 && depth < CONF_DEPTH_MAX && (word = strtok_r(NULL, blanks, &saved))) {
			_cleanup_(freep) char *pattern = path_resolve("/etc/ld.so.conf", word);

			if (!pattern)
				return error_oom(err);
			r = source_glob(source, pattern, conf_include, &include, err);
		}
		return r;
	}
	for (; word; word = strtok_r(NULL, blanks, &saved))
		if (word[0] == '/')
			text_printf(list, "%s%s", list->size ? ":" : "", word);
	return 0;
}

static int conf_parse(struct source *source, char *text, struct text *list, int depth,
		      struct error *err)
{
	char *saved, *line;

	for (line = strtok_r(text, "\n", &saved); line; line = strtok_r(NULL, "\n", &saved)) {
		char *comment = strchr(line, '#');
		int r;

		if (comment)
			*comment = '\0';
		r = conf_line(source, line, list, depth, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int loader_conf_read(struct source *source, const char *path, struct text *list, struct error *err)
{
	return conf_read(source, path, list, 0, err);
}

static int read_one(const struct source_entry *entry, void *data)
{
	const struct include *include = data;

	return conf_read(include->source, entry->path, include->list, 0, include->err);
}

int loader_conf_read_all(struct source *source, const char *pattern, struct text *list,
			 struct error *err)
{
	struct include include = {source, list, 0, err};

	return source_glob(source, pattern, read_one, &include, err);
}
