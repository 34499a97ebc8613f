// SPDX-License-Identifier: BSD-2-Clause
#include "pack/need/imports.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "pack/need/margin_rule.h"

enum { SOURCES_MAX = 20000 }; /* that are looked at for one closure */

int imports_add_root(struct imports *imports, enum source_language language, const char *path,
		     size_t length)
{
	_cleanup_(freep) char *directory = strndup(path, length), *known = NULL;
	const char *kept;

	if (!directory || asprintf(&known, "%d %s", (int)language, directory) < 0)
		return error_oom(imports->err);
	if (intern_has(&imports->known_roots, known))
		return 0;
	kept = intern_string(&imports->strings, directory);
	if (!intern_string(&imports->known_roots, known) || !kept ||
	    array_push(&imports->roots[language], kept) < 0)
		return error_oom(imports->err);
	return 0;
}

bool imports_exists(const struct imports *imports, const char *path, bool directory)
{
	const struct source_entry *file;

	return source_walk(imports->closure->source, path, SOURCE_FOLLOW, NULL, NULL, &file, NULL) == 0 &&
	       file->kind == (directory ? ENTRY_DIR : ENTRY_FILE);
}

bool imports_is_of_others(const char *path)
{
	static const char *const places[] = {"/site-packages/", "/dist-packages/", "/node_modules/",
					     "/lib/python", "/lib/ruby/", "/vendor_ruby/", "/perl5/",
					     "/perl/", "/perl-base/", "/gems/", "/vendor/"};

	if (strncmp(path, "/usr/lib/", 9) == 0 || strncmp(path, "/usr/share/", 11) == 0 ||
	    strncmp(path, "/lib/", 5) == 0 || strncmp(path, "/etc/", 5) == 0)
		return true;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (strstr(path, places[i]))
			return true;
	return false;
}

/* It will be looked at when its turn comes; once, and as long as there is no end. */
static int follow(struct imports *imports, const struct import_source *from, const char *path)
{
	struct import_source source = {.language = source_language_of(path, "", 0)};
	_cleanup_(freep) char *directory = path_parent(path);

	if (!directory)
		return error_oom(imports->err);
	if (source.language == LANGUAGE_NONE || intern_has(&imports->seen, path) ||
	    imports->sources.count >= SOURCES_MAX)
		return 0;
	/* what lies beside one's own is one's own */
	source.own = from->own && path_is_within(path, from->directory) && !imports_is_of_others(path);
	source.path = intern_string(&imports->strings, path);
	source.directory = intern_string(&imports->strings, directory);
	if (!source.path || !source.directory || !intern_string(&imports->seen, path) ||
	    array_push(&imports->sources, source) < 0)
		return error_oom(imports->err);
	return 0;
}

int imports_take(struct imports *imports, const struct import_source *source, const char *path)
{
	_cleanup_(freep) char *canonical = path_canonicalize(path), *why = NULL;
	struct margin_rule rule = {imports->closure, MARGIN_NEAR, NULL, NULL, imports->err};
	const struct source_entry *file;
	int r;

	if (!canonical)
		return error_oom(imports->err);
	if (source_walk(imports->closure->source, canonical, SOURCE_FOLLOW, NULL, NULL, &file, NULL) < 0 ||
	    file->kind != ENTRY_FILE)
		return 0;
	if (asprintf(&why, "imported by %s", source->path) < 0)
		return error_oom(imports->err);
	rule.from = closure_find(imports->closure, source->path);
	rule.why = why;
	r = margin_rule_add(&rule, canonical);
	if (r == 0)
		r = follow(imports, source, file->path);
	return r < 0 ? r : 1;
}

int imports_take_part(struct imports *imports, const struct import_source *source,
		      const char *directory, const char *name, size_t length, const char *ending)
{
	_cleanup_(freep) char *path = NULL;

	if (asprintf(&path, "%s/%.*s%s", directory, (int)length, name, ending) < 0)
		return error_oom(imports->err);
	return imports_take(imports, source, path);
}
