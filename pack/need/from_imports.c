// SPDX-License-Identifier: BSD-2-Clause
#include "pack/need/from_imports.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "db/base/text.h"
#include "pack/need/imports.h"
#include "pack/need/margin_rule.h"
#include "pack/need/margin_work.h"

enum { SOURCE_MAX = 2 * 1024 * 1024, TEMPLATES_MAX = 20000, HEAD_MAX = 256 };

static void imports_release(struct imports *imports)
{
	for (size_t i = 0; i < sizeof(imports->roots) / sizeof(*imports->roots); i++)
		array_release(&imports->roots[i]);
	array_release(&imports->sources);
	intern_release(&imports->strings);
	intern_release(&imports->seen);
	intern_release(&imports->known_roots);
	intern_release(&imports->listed);
	intern_release(&imports->extensions);
}

/* ---- where modules lie ---- */

/* Directories in which a language finds modules, as what was touched shows: up to the anchor's end. */
static const struct {
	enum source_language language;
	const char *anchor;
	int parts; /* more of the path that belong to it */
} shown[] = {
	{LANGUAGE_PYTHON, "/site-packages/", 0}, {LANGUAGE_PYTHON, "/dist-packages/", 0},
	{LANGUAGE_PYTHON, "/lib/python", 1},	 {LANGUAGE_PYTHON, "/lib-dynload/", 0},
	{LANGUAGE_RUBY, "/vendor_ruby/", 0},	 {LANGUAGE_RUBY, "/lib/ruby/", 1},
	{LANGUAGE_RUBY, "/gems/", 2},		 {LANGUAGE_PERL, "/perl5/", 0},
	{LANGUAGE_PERL, "/perl-base/", 0},	 {LANGUAGE_PERL, "/perl/", 1},
	{LANGUAGE_PERL, "/lib/", 0},
};

static int note_roots(struct imports *imports, const char *path)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(shown) / sizeof(*shown); i++) {
		const char *at = strstr(path, shown[i].anchor), *rest, *part;
		size_t length, end;

		if (!at)
			continue;
		rest = at + strlen(shown[i].anchor);
		end = (size_t)(rest - path) - 1;
		for (int more = shown[i].parts; more > 0 && (part = path_next(&rest, &length)); more--)
			end = *part && part[length] == '/' ? (size_t)(part - path) + length : 0;
		if (end)
			r = imports_add_root(imports, shown[i].language, path, end);
	}
	return r;
}

/* ---- the operator's own sources ---- */

static int language_of(struct imports *imports, const struct closure_entry *entry,
		       enum source_language *ret_language)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	int r;

	*ret_language = source_language_of(entry->file->path, "", 0);
	if (*ret_language != LANGUAGE_NONE || entry->head != HEAD_SCRIPT)
		return 0;
	r = source_read(imports->closure->source, entry->file->path, SOURCE_MAX, &text, imports->err);
	if (r < 0)
		return r == -EFBIG || source_has_none(r) ? 0 : r;
	*ret_language = source_language_of(entry->file->path, text.bytes,
					   text.size < HEAD_MAX ? text.size : HEAD_MAX);
	return 0;
}

static int note_own(struct imports *imports, const struct margin_work *work,
		    const struct closure_entry *entry)
{
	struct import_source source = {.path = entry->file->path, .own = true};
	_cleanup_(freep) char *directory = path_parent(source.path);
	int r;

	if (entry->file->kind != ENTRY_FILE || imports_is_of_others(source.path) ||
	    intern_has(&work->known->owned, source.path) || intern_has(&imports->seen, source.path))
		return 0;
	r = language_of(imports, entry, &source.language);
	if (r < 0 || source.language == LANGUAGE_NONE)
		return r;
	if (!directory || !(source.directory = intern_string(&imports->strings, directory)) ||
	    !intern_string(&imports->seen, source.path) || array_push(&imports->sources, source) < 0)
		return error_oom(imports->err);
	return 0;
}

/* Those that came with their tree are the operator's as those that ran. */
static int note_sources(struct imports *imports, const struct margin_work *work)
{
	const struct closure *closure = imports->closure;
	int r = 0;

	for (size_t i = 0; r == 0 && i < closure->entries.count; i++) {
		const struct closure_entry *entry = closure->entries.items[i];

		if (margin_is_touched(entry))
			r = note_roots(imports, entry->file->path);
		if (r == 0 && closure_entry_in(entry))
			r = note_own(imports, work, entry);
	}
	return r;
}

/* ---- templates ---- */

static bool is_anything(const struct source_entry *entry, void *data)
{
	(void)entry;
	(void)data;
	return true;
}

static int take_template(const struct source_entry *entry, bool empty, void *data)
{
	(void)empty;
	return margin_rule_add(data, entry->path);
}

static int add_templates(struct imports *imports, const struct import_source *source)
{
	static const char *const names[] = {"templates", "views", "locales", "locale", "i18n"};
	_cleanup_(freep) char *why = NULL;
	struct margin_rule rule = {imports->closure, MARGIN_NEAR,
				   closure_find(imports->closure, source->path), NULL, imports->err};
	int r = 0;

	if (asprintf(&why, "beside the source %s", source->path) < 0)
		return error_oom(imports->err);
	rule.why = why;
	for (size_t i = 0; r == 0 && i < sizeof(names) / sizeof(*names); i++) {
		struct margin_walk walk = {&rule, is_anything, take_template, &rule, TEMPLATES_MAX};
		_cleanup_(freep) char *path = path_join(source->directory, names[i]);

		if (!path)
			return error_oom(imports->err);
		r = imports_exists(imports, path, true) ? margin_walk(&walk, path) : 0;
		if (r == -E2BIG) /* no templates of a person's */
			r = 0;
	}
	return r;
}

/* Where one template of others' was used, the next page is of one beside it: up to the end of "/templates". */
static int add_used_templates(struct imports *imports, const struct closure_entry *entry)
{
	static const char part[] = "/templates/";
	const char *path = entry->file->path, *at = strstr(path, part);
	_cleanup_(freep) char *top = NULL, *why = NULL;
	struct margin_rule rule = {imports->closure, MARGIN_NEAR, entry, NULL, imports->err};
	struct margin_walk walk = {&rule, is_anything, take_template, &rule, TEMPLATES_MAX};
	int r;

	if (!at || entry->file->kind != ENTRY_FILE || !selected_is_read(entry->selected) ||
	    !imports_is_of_others(path))
		return 0;
	top = strndup(path, (size_t)(at - path) + strlen(part) - 1);
	if (!top)
		return error_oom(imports->err);
	if (intern_has(&imports->seen, top))
		return 0;
	if (!intern_string(&imports->seen, top) || asprintf(&why, "beside the template %s", path) < 0)
		return error_oom(imports->err);
	rule.why = why;
	r = margin_walk(&walk, top);
	return r == -E2BIG ? 0 : r;
}

static int add_all_used_templates(struct imports *imports)
{
	size_t count = imports->closure->entries.count;
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++)
		if (margin_is_touched(imports->closure->entries.items[i]))
			r = add_used_templates(imports, imports->closure->entries.items[i]);
	return r;
}

/* ---- following ---- */

static bool begins_function(const struct source_word *word)
{
	static const char *const words[] = {"def", "async", "sub", "function"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(word->text, words[i]) == 0)
			return true;
	return false;
}

/*
 * Does a statement run when its module is loaded? All of one's own may run some day. Of others' what stands in
 * a function does not; in JavaScript, whose functions may begin anywhere, what is indented.
 */
static void begin_line(struct import_state *state, const struct source_word *word)
{
	if (state->inside && word->indent <= state->indent)
		state->inside = false;
	state->counts = state->source->own ||
			(state->source->language == LANGUAGE_NODE ? word->indent == 0 : !state->inside);
	if (!state->inside && begins_function(word)) {
		state->inside = true;
		state->indent = word->indent;
	}
}

static int on_word(const struct source_word *word, void *data)
{
	struct import_state *state = data;

	if (word->first && word->kind != SOURCE_LINE)
		begin_line(state, word);
	switch (state->source->language) {
	case LANGUAGE_PYTHON:
		return import_python(state, word);
	case LANGUAGE_NODE:
		return import_node(state, word);
	default:
		return import_others(state, word);
	}
}

static int look_through(struct imports *imports, const struct import_source *source)
{
	struct import_state state = {.imports = imports, .source = source};
	_cleanup_(text_release) struct text text = TEXT_INIT;
	int r = source_read(imports->closure->source, source->path, SOURCE_MAX, &text, imports->err);

	if (r < 0)
		return r == -EFBIG || source_has_none(r) ? 0 : r;
	return source_words_each(source->language, text.bytes, text.size, on_word, &state);
}

int closure_add_imports(struct closure *closure, struct error *err)
{
	struct imports imports = {.closure = closure, .err = err};
	struct margin_work *work;
	int r = margin_work_of(closure, &work, err);

	if (r == 0)
		r = note_sources(&imports, work);
	if (r == 0)
		r = add_all_used_templates(&imports);
	for (size_t i = 0; r == 0 && i < imports.sources.count; i++) {
		const struct import_source source = imports.sources.items[i]; /* they move */

		r = closure_check_cancel(closure, err);
		if (r == 0)
			r = look_through(&imports, &source);
		if (r == 0 && source.own)
			r = add_templates(&imports, &source);
	}
	imports_release(&imports);
	return r;
}
