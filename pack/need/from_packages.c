// SPDX-License-Identifier: BSD-2-Clause
#include "pack/need/from_packages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "pack/need/margin_rule.h"
#include "pack/need/margin_work.h"

/* ---- files ---- */

/* What only people and compilers read. */
static bool is_for_others(const char *path)
{
	static const char *const patterns[] = {
		"/usr/share/doc/**",	 "/usr/share/man/**",	 "/usr/share/info/**",
		"/usr/share/lintian/**", "/usr/share/bug/**",	 "/usr/share/doc-base/**",
		"/usr/include/**",	 "*.a",			 "/usr/lib/*.la",
		"/usr/lib/*-linux-gnu*/*.la", "/usr/lib64/*.la", "/usr/local/lib/*.la", /* elsewhere libltdl's */
		"pkgconfig/*.pc",	 "/usr/share/gtk-doc/**", "/usr/src/**",
		"/usr/share/licenses/**", "/usr/lib/debug/**",	 "cmake/**/*.cmake",
	};

	for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++)
		if (path_match(patterns[i], path))
			return true;
	return false;
}

/* A translation into a language of which nothing was touched. */
static bool is_other_language(const struct closure *closure, const char *path)
{
	static const char above[] = "/usr/share/locale/";
	_cleanup_(freep) char *language = NULL;
	const struct closure_entry *entry;
	size_t length = strlen(above);

	if (strncmp(path, above, length) != 0)
		return false;
	language = strndup(path, length + strcspn(path + length, "/"));
	entry = language ? closure_find(closure, language) : NULL;
	return !entry || !closure_entry_in(entry);
}

static int add_files(struct closure *closure, const struct installed *installed, enum margin margin,
		     const char *why, struct error *err)
{
	struct margin_rule rule = {closure, margin, NULL, why, err};
	int r = 0;

	for (size_t i = 0; r == 0 && i < installed->file_count; i++) {
		const struct source_entry *file = installed->files[i].file;

		if (file && !is_for_others(file->path) && !is_other_language(closure, file->path))
			r = margin_rule_add(&rule, file->path);
	}
	return r;
}

/* ---- packages ---- */

static bool is_touched(const char *path, void *data)
{
	const struct closure_entry *entry = closure_find(data, path);

	return entry && margin_is_touched(entry);
}

int closure_add_packages(struct closure *closure, struct error *err)
{
	struct margin_work *work;
	int r = margin_work_of(closure, &work, err);

	if (r == 0)
		distribution_mark(&work->known->distribution, is_touched, closure);
	for (size_t i = 0; r == 0 && i < work->known->distribution.count; i++) {
		const struct installed *installed = &work->known->distribution.items[i];
		_cleanup_(freep) char *why = NULL;

		if (!installed_is_present(installed))
			continue;
		if (asprintf(&why, "of the package %s", installed->name) < 0)
			return error_oom(err);
		r = add_files(closure, installed, MARGIN_PACKAGE, why, err);
	}
	return r;
}

/* ---- dependencies ---- */

/*
 * The next name of a list as dpkg, apk and rpm have it ("libc6 (>= 2.3), a | b:any", "so:libz.so.1 x>2"):
 * its length, 0 at the end. What a version says is skipped.
 */
static size_t next_name(const char **list)
{
	const char *p = *list;

	for (;;) {
		p += strspn(p, " ,|\t\n");
		if (*p == '(' || *p == '[' || *p == '<')
			p += strcspn(p, ")]>"), p += *p != '\0';
		else if (*p == '!' || *p == '=' || *p == '>')
			p += strcspn(p, " ,|\t\n");
		else
			break;
	}
	*list = p;
	return strcspn(p, " ,|\t\n[<>=~");
}

/* "b" of "b:any"; what apk has a prefix for, "so:libz.so.1", is a name as it stands. */
static size_t without_arch(const char *name, size_t length)
{
	static const char *const prefixes[] = {"so:", "cmd:", "pc:"};
	const char *colon = memchr(name, ':', length);

	for (size_t i = 0; colon && i < sizeof(prefixes) / sizeof(*prefixes); i++)
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return length;
	return colon ? (size_t)(colon - name) : length;
}

static bool lists_name(const char *list, const char *name, size_t length)
{
	size_t found;

	for (; (found = next_name(&list)); list += found)
		if (found == length && strncmp(list, name, length) == 0)
			return true;
	return false;
}

static bool answers_to(const struct installed *installed, const char *name, size_t length)
{
	return (strlen(installed->name) == length && strncmp(installed->name, name, length) == 0) ||
	       lists_name(installed->provides, name, length);
}

/* One dependency of a package: whoever is called so, or provides it. */
static int add_dependency(struct closure *closure, const struct distribution *distribution,
			  const struct installed *from, const char *name, size_t length, struct error *err)
{
	_cleanup_(freep) char *why = NULL;
	int r = 0;

	for (size_t i = 0; r == 0 && i < distribution->count; i++) {
		const struct installed *installed = &distribution->items[i];

		if (installed == from || !answers_to(installed, name, length))
			continue;
		if (!why && asprintf(&why, "of the package %s, on which %s depends", installed->name,
				     from->name) < 0)
			return error_oom(err);
		r = add_files(closure, installed, MARGIN_DEPENDS, why, err);
	}
	return r;
}

int closure_add_dependencies(struct closure *closure, struct error *err)
{
	struct margin_work *work;
	int r = margin_work_of(closure, &work, err);

	if (r == 0)
		distribution_mark(&work->known->distribution, is_touched, closure);
	for (size_t i = 0; r == 0 && i < work->known->distribution.count; i++) {
		const struct installed *installed = &work->known->distribution.items[i];
		const char *list = installed->depends;
		size_t length;

		if (!installed_is_present(installed))
			continue;
		for (; r == 0 && (length = next_name(&list)); list += length)
			r = add_dependency(closure, &work->known->distribution, installed, list,
					   without_arch(list, length), err);
	}
	return r;
}
