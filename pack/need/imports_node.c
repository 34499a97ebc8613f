// SPDX-License-Identifier: BSD-2-Clause
/* JavaScript: require("x"), import "x", import("x"), from "x", new Worker("./x"), and "./x" of one's own. */
#include "pack/need/imports.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "db/base/text.h"

enum { PACKAGE_MAX = 1024 * 1024 };

static int take_file(struct import_state *state, const char *path)
{
	static const char *const endings[] = {"", ".js", ".json", ".mjs", ".cjs", ".node", ".ts"};
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(endings) / sizeof(*endings); i++)
		r = imports_take_part(state->imports, state->source, "", path + 1, strlen(path + 1), endings[i]);
	return r;
}

/* The file that a package's exports name: a string, or what is under the first condition that we know. */
static const char *exported(const json_t *exports)
{
	static const char *const conditions[] = {".", "node", "require", "import", "default"};
	const char *found = json_string_value(exports);

	for (size_t i = 0; !found && i < sizeof(conditions) / sizeof(*conditions); i++) {
		const json_t *next = json_object_get(exports, conditions[i]);

		if (next)
			found = json_is_object(next) && json_object_get(next, ".") ? NULL : exported(next);
	}
	return found;
}

/* What package.json calls the main file; index.js else. */
static int take_directory(struct import_state *state, const char *directory)
{
	struct imports *imports = state->imports;
	_cleanup_(freep) char *list = path_join(directory, "package.json"), *main = NULL;
	_cleanup_(text_release) struct text text = TEXT_INIT;
	const char *named = NULL;
	json_t *package = NULL;
	int r;

	if (!list)
		return error_oom(imports->err);
	if (!imports_exists(imports, directory, true))
		return 0;
	if (source_read(imports->closure->source, list, PACKAGE_MAX, &text, NULL) == 0)
		package = json_loadb(text.bytes, text.size, 0, NULL);
	named = exported(json_object_get(package, "exports"));
	if (!named)
		named = json_string_value(json_object_get(package, "main"));
	main = path_join(directory, named ? named : "index");
	json_decref(package);
	if (!main)
		return error_oom(imports->err);
	r = imports_take(imports, state->source, list);
	if (r >= 0)
		r = take_file(state, main);
	if (r == 0)
		r = imports_take_part(imports, state->source, main, "index", 5, ".js");
	return r == 0 ? imports_take_part(imports, state->source, directory, "index", 5, ".js") : r;
}

static int take_path(struct import_state *state, const char *path)
{
	_cleanup_(freep) char *canonical = path_canonicalize(path);
	int r = canonical ? take_file(state, canonical) : error_oom(state->imports->err);

	return r == 0 ? take_directory(state, canonical) : r;
}

static int take_relative(struct import_state *state, const char *name)
{
	_cleanup_(freep) char *path = path_join(state->source->directory, name);

	return path ? take_path(state, path) : error_oom(state->imports->err);
}

/* In the node_modules of the source's directory, or of one above. */
static int take_package(struct import_state *state, const char *name)
{
	const char *directory = state->source->directory;
	size_t length = strlen(directory);
	int r = 0;

	for (;;) {
		_cleanup_(freep) char *path = NULL;

		if (asprintf(&path, "%.*s/node_modules/%s", (int)length, directory, name) < 0)
			return error_oom(state->imports->err);
		r = take_path(state, path);
		if (r != 0 || length == 0)
			return r;
		while (length > 0 && directory[length - 1] != '/')
			length--;
		length -= length > 0;
	}
}

static bool is_relative(const char *string)
{
	return strncmp(string, "./", 2) == 0 || strncmp(string, "../", 3) == 0;
}

/* Does what stands before a string say that it is a module's name? */
static bool is_import(const struct import_state *state)
{
	static const char *const words[] = {"require", "import", "from", "require.resolve", "import.meta.resolve"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(state->last, words[i]) == 0)
			return true;
	return false;
}

static int take_string(struct import_state *state, const char *string)
{
	if (is_relative(string) && (state->source->own || (state->counts && is_import(state))))
		return take_relative(state, string);
	if (!state->counts || !is_import(state))
		return 0;
	if (string[0] == '/')
		return take_path(state, string);
	return *string && strncmp(string, "node:", 5) != 0 ? take_package(state, string) : 0;
}

int import_node(struct import_state *state, const struct source_word *word)
{
	int r = 0;

	if (word->kind == SOURCE_STRING)
		r = take_string(state, word->text);
	if (word->kind == SOURCE_NAME)
		snprintf(state->last, sizeof(state->last), "%s", word->text);
	else if (word->kind != SOURCE_MARK || *word->text != '(')
		state->last[0] = '\0';
	return r < 0 ? r : 0;
}
