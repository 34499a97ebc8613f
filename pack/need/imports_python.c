// SPDX-License-Identifier: BSD-2-Clause
/* Python: import a.b, from .x import y, import_module("a.b"), and dotted strings of one's own sources. */
#include "pack/need/imports.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"

enum { IDLE, IMPORT, ALIAS, FROM, AFTER_FROM, NAMES, NAMES_ALIAS };

/* An extension module: NAME.so, NAME.abi3.so, NAME.cpython-311-x86_64-linux-gnu.so. */
static bool is_extension(const char *name)
{
	size_t length = strlen(name);

	return length >= 3 && strcmp(name + length - 3, ".so") == 0;
}

/* Those of one directory. */
struct extensions {
	struct import_state *state;
	const char *directory, *name; /* of the one that is taken */
	size_t length;
	int found;
};

static int note_extension(const char *name, void *data)
{
	struct extensions *extensions = data;
	struct imports *imports = extensions->state->imports;
	_cleanup_(freep) char *known = NULL;

	if (!is_extension(name))
		return 0;
	if (asprintf(&known, "%s/%.*s", extensions->directory, (int)strcspn(name, "."), name) < 0)
		return error_oom(imports->err);
	return intern_string(&imports->extensions, known) ? 0 : error_oom(imports->err);
}

static int take_extension(const char *name, void *data)
{
	struct extensions *extensions = data;
	int r;

	if (strncmp(name, extensions->name, extensions->length) != 0 || name[extensions->length] != '.' ||
	    !is_extension(name))
		return 0;
	r = imports_take_part(extensions->state->imports, extensions->state->source, extensions->directory,
			      name, strlen(name), "");
	extensions->found |= r > 0;
	return r < 0 ? r : 0;
}

/* Every import of every source asks in every directory: each is listed once, and again for who is there. */
static int take_extensions(struct import_state *state, const char *directory, const char *name, size_t length)
{
	struct imports *imports = state->imports;
	struct extensions extensions = {state, directory, name, length, 0};
	_cleanup_(freep) char *known = NULL;
	int r = 0;

	if (!intern_has(&imports->listed, directory)) {
		r = intern_string(&imports->listed, directory) ? 0 : error_oom(imports->err);
		if (r == 0)
			r = source_list(imports->closure->source, directory, note_extension, &extensions, imports->err);
	}
	if (r == 0 && asprintf(&known, "%s/%.*s", directory, (int)length, name) < 0)
		return error_oom(imports->err);
	if (r == 0 && intern_has(&imports->extensions, known))
		r = source_list(imports->closure->source, directory, take_extension, &extensions, imports->err);
	return r < 0 ? r : extensions.found;
}

/* One part of a module's name in a directory: 1 when it is there, -1 … an error, 0 when not. */
static int take_part(struct import_state *state, const char *directory, const char *name, size_t length)
{
	struct imports *imports = state->imports;
	int r = imports_take_part(imports, state->source, directory, name, length, "/__init__.py");

	if (r == 0)
		r = imports_take_part(imports, state->source, directory, name, length, ".py");
	return r == 0 ? take_extensions(state, directory, name, length) : r;
}

/* "a.b.c" below a directory, as far as it is there: how many parts that was. */
static int take_below(struct import_state *state, const char *directory, const char *module)
{
	_cleanup_(freep) char *below = strdup(directory);
	int parts = 0;

	while (*module && below) {
		size_t length = strcspn(module, ".");
		char *next = NULL;
		int r = take_part(state, below, module, length);

		if (r < 0)
			return r;
		if (asprintf(&next, "%s/%.*s", below, (int)length, module) < 0)
			return error_oom(state->imports->err);
		free(below);
		below = next;
		/* a directory without __init__.py is a package too */
		if (r == 0 && !imports_exists(state->imports, below, true))
			return parts;
		parts += r;
		module += length;
		module += *module == '.';
	}
	return below ? parts : error_oom(state->imports->err);
}

/* The directories above a source of a package, up to where modules are found. */
static int add_own_roots(struct import_state *state)
{
	const char *directory = state->source->directory;
	size_t length = strlen(directory);

	for (;;) {
		_cleanup_(freep) char *init = NULL;

		if (asprintf(&init, "%.*s/__init__.py", (int)length, directory) < 0)
			return error_oom(state->imports->err);
		if (length <= 1 || !imports_exists(state->imports, init, false))
			break;
		while (length > 1 && directory[length - 1] != '/')
			length--;
		length -= length > 1;
	}
	return imports_add_root(state->imports, LANGUAGE_PYTHON, directory, length);
}

static int take_relative(struct import_state *state, const char *module)
{
	_cleanup_(freep) char *directory = strdup(state->source->directory);

	for (module++; *module == '.' && directory; module++) {
		char *parent = path_parent(directory);

		free(directory);
		directory = parent;
	}
	return directory ? take_below(state, directory, module) : error_oom(state->imports->err);
}

static int take_module(struct import_state *state, const char *module)
{
	struct imports *imports = state->imports;
	const struct import_roots *roots = &imports->roots[LANGUAGE_PYTHON];
	int r;

	if (*module == '.')
		return take_relative(state, module);
	r = add_own_roots(state);
	if (r == 0)
		r = take_below(state, state->source->directory, module);
	for (size_t i = 0; r == 0 && i < roots->count; i++)
		r = take_below(state, roots->items[i], module);
	return r;
}

/* "from a.b import c": c may be a module of the package a.b. */
static int take_member(struct import_state *state, const char *name)
{
	char module[2 * SOURCE_WORD_LONGEST + 2];
	size_t length = strlen(state->base);

	snprintf(module, sizeof(module), "%s%s%s", state->base,
		 length && state->base[length - 1] == '.' ? "" : ".", name);
	return take_module(state, module);
}

/* "app.views.index": a module's name with a name in it, as settings have it. */
static bool is_dotted(const char *string)
{
	bool dotted = false;

	if (!isalpha((unsigned char)*string) && *string != '_')
		return false;
	for (const char *p = string; *p; p++) {
		if (*p == '.' && (!isalpha((unsigned char)p[1]) && p[1] != '_'))
			return false;
		if (*p != '.' && *p != '_' && *p != ':' && !isalnum((unsigned char)*p))
			return false;
		dotted |= *p == '.' || *p == ':';
	}
	return dotted;
}

static int take_string(struct import_state *state, const char *string)
{
	char module[SOURCE_WORD_LONGEST + 1];
	bool called = strcmp(state->last, "import_module") == 0 || strcmp(state->last, "__import__") == 0 ||
		      strstr(state->last, ".import_module");

	if (!called && (!state->source->own || !is_dotted(string)))
		return 0;
	snprintf(module, sizeof(module), "%.*s", (int)strcspn(string, ":"), string);
	return *module ? take_module(state, module) : 0;
}

static int end_line(struct import_state *state)
{
	if (state->depth == 0)
		state->step = IDLE;
	return 0;
}

static int take_name(struct import_state *state, const struct source_word *word)
{
	switch (state->step) {
	case IDLE:
		if (strcmp(word->text, "import") == 0 && strcmp(state->last, "") == 0)
			state->step = IMPORT;
		else if (strcmp(word->text, "from") == 0 && strcmp(state->last, "") == 0)
			state->step = FROM;
		return 0;
	case IMPORT:
		state->step = ALIAS;
		return take_module(state, word->text);
	case FROM:
		snprintf(state->base, sizeof(state->base), "%s", word->text);
		state->step = AFTER_FROM;
		return 0;
	case AFTER_FROM:
		state->step = strcmp(word->text, "import") == 0 ? NAMES : IDLE;
		/* of dots alone the names behind tell all */
		return state->step == NAMES && state->base[strspn(state->base, ".")]
			       ? take_module(state, state->base)
			       : 0;
	case NAMES:
		state->step = NAMES_ALIAS;
		return take_member(state, word->text);
	default: /* "as x" */
		return 0;
	}
}

static void take_mark(struct import_state *state, char mark)
{
	state->depth += mark == '(' ? 1 : mark == ')' && state->depth ? -1 : 0;
	if (mark == ',' && state->step == ALIAS)
		state->step = IMPORT;
	else if (mark == ',' && state->step == NAMES_ALIAS)
		state->step = NAMES;
	else if (mark == ';' || mark == ':')
		state->step = IDLE;
}

int import_python(struct import_state *state, const struct source_word *word)
{
	int r = 0;

	if (word->kind == SOURCE_LINE)
		r = end_line(state);
	else if (word->kind == SOURCE_MARK)
		take_mark(state, *word->text);
	else if (state->counts && word->kind == SOURCE_NAME)
		r = take_name(state, word);
	else if (state->counts && word->kind == SOURCE_STRING)
		r = take_string(state, word->text);
	if (word->kind == SOURCE_NAME)
		snprintf(state->last, sizeof(state->last), "%s", word->text);
	else if (word->kind == SOURCE_LINE || *word->text == ';' || *word->text == ':')
		state->last[0] = '\0';
	return r < 0 ? r : 0;
}
