// SPDX-License-Identifier: BSD-2-Clause
/* Ruby's require, Perl's use and require, PHP's include: a word, and what is to be loaded behind it. */
#include "pack/need/imports.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"

/* "Foo/Bar.pm" of "Foo::Bar". */
static int take_perl(struct import_state *state, const char *module)
{
	const struct import_roots *roots = &state->imports->roots[LANGUAGE_PERL];
	_cleanup_(freep) char *name = calloc(1, strlen(module) + 4);
	size_t length = 0;
	int r;

	if (!name)
		return error_oom(state->imports->err);
	for (const char *p = module; *p; p++) {
		if (p[0] == ':' && p[1] == ':') {
			name[length++] = '/';
			p++;
		} else {
			name[length++] = *p;
		}
	}
	r = imports_take_part(state->imports, state->source, state->source->directory, name, length, ".pm");
	for (size_t i = 0; r == 0 && i < roots->count; i++)
		r = imports_take_part(state->imports, state->source, roots->items[i], name, length, ".pm");
	return r;
}

static int take_beside(struct import_state *state, const char *name, const char *ending)
{
	name += *name == '/';
	return imports_take_part(state->imports, state->source, state->source->directory, name, strlen(name),
				 ending);
}

static int take_ruby(struct import_state *state, const char *name)
{
	const struct import_roots *roots = &state->imports->roots[LANGUAGE_RUBY];
	int r = take_beside(state, name, ".rb");

	if (r == 0)
		r = take_beside(state, name, "");
	for (size_t i = 0; r == 0 && i < roots->count; i++) {
		r = imports_take_part(state->imports, state->source, roots->items[i], name, strlen(name), ".rb");
		if (r == 0)
			r = imports_take_part(state->imports, state->source, roots->items[i], name, strlen(name),
					      ".so");
	}
	return r;
}

static bool is_one_of(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(word, *words) == 0)
			return true;
	return false;
}

static int take_string(struct import_state *state, const char *string)
{
	static const char *const ruby[] = {"require", "require_relative", "load", "autoload", NULL};
	static const char *const perl[] = {"use", "require", "do", "parent", "base", NULL};
	bool own = state->source->own;

	if (!*string || strlen(string) >= SOURCE_WORD_LONGEST)
		return 0;
	switch (state->source->language) {
	case LANGUAGE_RUBY:
		/* get("/") { require "csv"; … } */
		return is_one_of(state->base, ruby) || (own && is_one_of(state->last, ruby))
			       ? take_ruby(state, string)
			       : 0;
	case LANGUAGE_PERL:
		if (is_one_of(state->base, perl) && strchr(string, '.'))
			return take_beside(state, string, "");
		return own && (strstr(string, "::") || is_one_of(state->last, perl)) ? take_perl(state, string)
										    : 0;
	default: /* __DIR__ . '/x.php', which a variable may stand before */
		return own || strstr(state->base, "require") || strstr(state->base, "include")
			       ? take_beside(state, string, "")
			       : 0;
	}
}

static int take_name(struct import_state *state, const struct source_word *word)
{
	bool asks = strcmp(state->last, "use") == 0 || strcmp(state->last, "require") == 0;

	if (word->first)
		snprintf(state->base, sizeof(state->base), "%s", word->text);
	return state->source->language == LANGUAGE_PERL && asks ? take_perl(state, word->text) : 0;
}

int import_others(struct import_state *state, const struct source_word *word)
{
	int r = 0;

	if (state->counts && word->kind == SOURCE_NAME)
		r = take_name(state, word);
	else if (state->counts && word->kind == SOURCE_STRING)
		r = take_string(state, word->text);
	if (word->kind == SOURCE_NAME) {
		snprintf(state->last, sizeof(state->last), "%s", word->text);
	} else if (word->kind == SOURCE_LINE) {
		state->last[0] = state->base[0] = '\0';
	} else if (state->source->language == LANGUAGE_RUBY && *word->text != '(') { /* it asks for one */
		state->last[0] = '\0';
	}
	return r < 0 ? r : 0;
}
