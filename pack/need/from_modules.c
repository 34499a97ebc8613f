// SPDX-License-Identifier: BSD-2-Clause
#include "pack/need/from_modules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "pack/need/margin_rule.h"
#include "pack/tree/intern.h"

/* Where a module is found in a path: it is so many parts behind the innermost anchor; 0: the anchor itself. */
static const struct place {
	const char *language, *anchor;
	int parts;
	const char *when; /* pattern of the path; NULL: any */
} places[] = {
	{"Python", "/site-packages/", 1, NULL},
	{"Python", "/dist-packages/", 1, NULL},
	{"Python", "/lib/python", 2, "lib/python[23]*/**"},
	{"npm", "/node_modules/", 1, NULL},
	{"Ruby", "/gems/", 1, "gems/*/lib/**"},
	{"Ruby", "/vendor_ruby/", 1, NULL},
	{"composer", "/vendor/", 2, "vendor/*/*/**/*.php"},
	{"OTP", "/lib/erlang/lib/", 1, NULL},
	{"Perl", "/perl/", 1, "perl/5*/**"}, /* what comes with perl is one distribution */
	{"Perl", "/perl5/", 1, NULL},
	{"Perl", "/perl-base/", 0, NULL},
};

/* What lies beside modules, and holds something of many. */
static bool is_no_module(const char *name, size_t length)
{
	static const char *const names[] = {"__pycache__", "auto", "lib-dynload", ".package-lock.json"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strlen(names[i]) == length && strncmp(names[i], name, length) == 0)
			return true;
	return false;
}

/* The part of `path` up to its module's end; 0: it is in none. */
static size_t module_end(const struct place *place, const char *path)
{
	const char *at = NULL, *part = NULL;
	int parts = place->parts;
	size_t length;

	if (place->when && !path_match(place->when, path))
		return 0;
	for (const char *next = strstr(path, place->anchor); next; next = strstr(next + 1, place->anchor))
		at = next;
	if (!at)
		return 0;
	at += strlen(place->anchor);
	if (parts == 0)
		return (size_t)(at - path) - 1;
	parts += *at == '@';
	for (const char *rest = at; parts > 0; parts--) {
		part = path_next(&rest, &length);
		if (!part)
			return 0;
	}
	return is_no_module(part, length) ? 0 : (size_t)(part - path) + length;
}

/* Has the directory a name that says that nothing in it is for who runs the module? */
static bool is_for_others(const char *path)
{
	static const char *const patterns[] = {
		"test",	   "tests",  "testing/tests", "__tests__", "spec",	"doc",	  "docs", "man",
		"examples", "example", "benchmark",   "benchmarks", ".github", "node_modules",
		"idlelib", "lib2to3", "turtledemo",   "site-packages", "dist-packages",
		"*.c", "*.cc", "*.cpp", "*.h", "*.hpp", "*.pyx", "*.pxd", "*.pod", "*.md", "*.rst",
		"*.d.ts", "*.map", "*.a", "*.o", "*.erl", "*.hrl",
	};

	for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++)
		if (path_match(patterns[i], path))
			return true;
	return false;
}

struct module {
	struct margin_rule rule;
	const char *top;
};

static bool is_wanted(const struct source_entry *entry, void *data)
{
	const struct module *module = data;

	return strcmp(entry->path, module->top) == 0 || !is_for_others(entry->path);
}

static int take_entry(const struct source_entry *entry, bool empty, void *data)
{
	const struct module *module = data;

	(void)empty;
	return margin_rule_add(&module->rule, entry->path);
}

/* "Foo/Bar.pm" is of the same module as "Foo.pm", and "foo/x.py" of what "foo.py" may be. */
static int take_sibling(const struct module *module)
{
	static const char *const endings[] = {".pm", ".py", ".rb"};
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(endings) / sizeof(*endings); i++) {
		_cleanup_(freep) char *path = NULL;

		if (asprintf(&path, "%s%s", module->top, endings[i]) < 0)
			return error_oom(module->rule.err);
		r = margin_rule_add(&module->rule, path);
	}
	return r;
}

static int take_module(struct closure *closure, const struct closure_entry *entry,
		       const struct place *place, const char *top, struct error *err)
{
	struct module module = {{closure, MARGIN_MODULE, entry, NULL, err}, top};
	struct margin_walk walk = {&module.rule, is_wanted, take_entry, &module, MARGIN_WALK_NAMES};
	_cleanup_(freep) char *why = NULL;
	int r;

	if (asprintf(&why, "of the %s module %s", place->language, top) < 0)
		return error_oom(err);
	module.rule.why = why;
	r = margin_walk(&walk, top);
	return r < 0 ? r : take_sibling(&module);
}

static int add_modules_of(struct closure *closure, const struct closure_entry *entry,
			  struct intern *done, struct error *err)
{
	const char *path = entry->file->path;

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		size_t length = module_end(&places[i], path);
		_cleanup_(freep) char *top = length ? strndup(path, length) : NULL;
		int r;

		if (!length)
			continue;
		if (!top)
			return error_oom(err);
		if (intern_has(done, top))
			return 0;
		r = intern_string(done, top) ? take_module(closure, entry, &places[i], top, err)
					     : error_oom(err);
		return r;
	}
	return 0;
}

int closure_add_modules(struct closure *closure, struct error *err)
{
	size_t count = closure->entries.count;
	struct intern done = {0};
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++) {
		const struct closure_entry *entry = closure->entries.items[i];

		if (margin_is_touched(entry) && entry->file->kind == ENTRY_FILE)
			r = add_modules_of(closure, entry, &done, err);
	}
	intern_release(&done);
	return r;
}
