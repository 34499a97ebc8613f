// SPDX-License-Identifier: BSD-2-Clause
#include "pack/need/from_beside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "pack/need/margin_rule.h"
#include "pack/tree/intern.h"

/* Of libraries that one plugin may bring along, with all that those bring. */
enum { PLUGIN_BYTES = 4 * 1024 * 1024 };

/* ---- languages ---- */

/* "_BR", "-Hant", "@latin", "_DE.UTF-8". */
static bool is_region(const char *region, size_t length)
{
	size_t letters = 0;

	if (*region == '@')
		return true;
	if (*region != '_' && *region != '-')
		return false;
	while (letters + 1 < length && region[letters + 1] != '.' && region[letters + 1] != '@')
		letters++;
	return letters == 2 || letters == 4;
}

/* Is a name that of a language: "de", "pt_BR", "zh-Hant", "sr@latin", "german"? */
static bool is_language(const char *name, size_t length)
{
	/* ISO 639-1, two letters each */
	static const char codes[] =
		"aaabaeafakamanarasavayazbabebgbhbibmbnbobrbscacechcocrcscucvcydadedvdzeeeleneoeseteufafffifj"
		"fofrfygagdglgngugvhahehihohrhthuhyhziaidieigiiikioisitiujajvkakgkikjkkklkmknkokrkskukvkwkyla"
		"lblglilnloltlulvmgmhmimkmlmnmrmsmtmynanbndnengnlnnnonrnvnyocojomorospapiplpsptqurmrnrorurwsa"
		"scsdsesgsiskslsmsnsosqsrssstsusvswtatetgthtitktltntotrtstttwtyugukuruzvevivowawoxhyiyozazhzu";
	static const char *const words[] = {"english", "german", "french", "spanish", "italian", "dutch",
					    "danish", "swedish", "norwegian", "norwegian-ny", "polish",
					    "portuguese", "russian", "czech", "slovak", "hungarian",
					    "romanian", "greek", "japanese", "korean", "chinese", "ukrainian",
					    "serbian", "bulgarian", "estonian", "hindi", "turkish"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strlen(words[i]) == length && strncmp(words[i], name, length) == 0)
			return true;
	if (length < 2 || (length > 2 && !is_region(name + 2, length - 2)))
		return false;
	for (const char *code = codes; code[0] && code[1]; code += 2)
		if (code[0] == name[0] && code[1] == name[1])
			return true;
	return false;
}

/* A file below a directory that is called as a language. */
struct translated {
	const struct margin_rule *rule;
	const char *path;
	size_t above, name; /* lengths: of what is before the language, and of its name */
};

static int on_sibling(const char *name, void *data)
{
	const struct translated *translated = data;
	const char *rest = translated->path + translated->above + translated->name;
	_cleanup_(freep) char *path = NULL;

	if (!is_language(name, strlen(name)))
		return 0;
	if (asprintf(&path, "%.*s%s%s", (int)translated->above, translated->path, name, rest) < 0)
		return error_oom(translated->rule->err);
	return margin_rule_add(translated->rule, path);
}

/* The innermost part of the path, but its last, that names a language: "/a/de/LC_MESSAGES/x.mo". */
static bool find_language(const char *path, size_t *ret_above, size_t *ret_name)
{
	const char *rest = path + 1, *part;
	bool found = false;
	size_t length;

	while ((part = path_next(&rest, &length)))
		if (part[length] == '/' && is_language(part, length)) {
			*ret_above = (size_t)(part - path);
			*ret_name = length;
			found = true;
		}
	return found;
}

int closure_add_languages(struct closure *closure, struct error *err)
{
	size_t count = closure->entries.count;
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++) {
		const struct closure_entry *entry = closure->entries.items[i];
		struct margin_rule rule = {closure, MARGIN_NEAR, entry, NULL, err};
		struct translated translated = {.rule = &rule, .path = entry->file->path};
		_cleanup_(freep) char *why = NULL, *above = NULL;

		if (!margin_is_touched(entry) || entry->file->kind != ENTRY_FILE ||
		    !selected_is_read(entry->selected) ||
		    !find_language(translated.path, &translated.above, &translated.name))
			continue;
		above = strndup(translated.path, translated.above - 1);
		if (!above || asprintf(&why, "%s in another language", translated.path) < 0)
			return error_oom(err);
		rule.why = why;
		r = source_list(closure->source, above, on_sibling, &translated, err);
	}
	return r;
}

/* ---- plugins ---- */

static bool is_library_name(const char *name)
{
	const char *so = strstr(name, ".so");

	return so && (!so[3] || so[3] == '.');
}

/* A plugin, or libltdl's word of one, which is what it looks for. */
static bool is_plugin_name(const char *name)
{
	size_t length = strlen(name);

	return is_library_name(name) || (length > 3 && strcmp(name + length - 3, ".la") == 0);
}

/* Where the linker looks all libraries lie together. */
static bool is_linkers(const char *directory)
{
	static const char *const patterns[] = {"/lib", "/lib64", "/lib32", "/usr/lib", "/usr/lib64",
					       "/usr/lib32", "/usr/local/lib", "/usr/local/lib64",
					       "/lib/*-linux-gnu*", "/usr/lib/*-linux-gnu*",
					       "/usr/local/lib/*-linux-gnu*", "/lib/*-linux-gnu*/glibc-hwcaps/*",
					       "/usr/lib/*-linux-gnu*/glibc-hwcaps/*",
					       "/usr/lib64/glibc-hwcaps/*", "/usr/lib/*/gconv", "/usr/lib64/gconv"};

	for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++)
		if (path_match(patterns[i], directory))
			return true;
	return false;
}

/* Modules that are loaded by a statement of their language: imports bring them, one by one (from_imports.c). */
static bool is_imported_from(const char *directory)
{
	return path_match("lib-dynload", directory);
}

struct plugins {
	const struct margin_rule *rule;
	const char *directory;
};

/* Libraries that a plugin would bring, by their bytes. */
struct weighing {
	struct closure *closure;
	struct intern seen;
	uint64_t bytes;
	struct error *err;
};

static int weigh_needed(struct weighing *weighing, const struct source_entry *file);

static int weigh_library(const char *path, const char *subdirectory, void *data)
{
	struct weighing *weighing = data;
	const struct closure_entry *known;
	const struct source_entry *file;

	(void)subdirectory;
	if (weighing->bytes > PLUGIN_BYTES ||
	    source_walk(weighing->closure->source, path, SOURCE_FOLLOW, NULL, NULL, &file, NULL) < 0)
		return 0;
	known = closure_find(weighing->closure, file->path);
	if ((known && closure_entry_in(known)) || intern_has(&weighing->seen, file->path))
		return 0;
	weighing->bytes += file->size;
	return intern_string(&weighing->seen, file->path) ? weigh_needed(weighing, file)
							   : error_oom(weighing->err);
}

/* Descends as deep as libraries need each other; each is weighed once. */
static int weigh_needed(struct weighing *weighing, const struct source_entry *file)
{
	_cleanup_(freep) char *directory = path_parent(file->path);
	const struct elf_file *elf;
	int r = directory ? loader_elf(weighing->closure->loader, file, &elf, NULL, weighing->err)
			  : error_oom(weighing->err);

	for (size_t i = 0; r >= 0 && elf && i < elf->needed_count; i++) {
		struct loader_query query = {elf->needed[i], elf, directory, ""};

		r = loader_search(weighing->closure->loader, &query, weigh_library, weighing, weighing->err);
	}
	return r < 0 ? r : 0;
}

/* Would it bring libraries that are larger than many programs? A code generator for a database is one. */
static int is_heavy(const struct plugins *plugins, const char *path, bool *ret_heavy)
{
	struct weighing weighing = {.closure = plugins->rule->closure, .err = plugins->rule->err};
	const struct source_entry *file;
	int r = 0;

	if (source_walk(weighing.closure->source, path, SOURCE_FOLLOW, NULL, NULL, &file, NULL) == 0)
		r = weigh_needed(&weighing, file);
	*ret_heavy = weighing.bytes > PLUGIN_BYTES;
	intern_release(&weighing.seen);
	return r;
}

static int on_name(const char *name, void *data)
{
	const struct plugins *plugins = data;
	_cleanup_(freep) char *path = NULL;
	bool heavy;
	int r;

	if (!is_plugin_name(name))
		return 0;
	path = path_join(plugins->directory, name);
	if (!path)
		return error_oom(plugins->rule->err);
	r = is_heavy(plugins, path, &heavy);
	return r < 0 || heavy ? r : margin_rule_add(plugins->rule, path);
}

static int add_plugins(struct closure *closure, const struct closure_entry *entry,
		       struct intern *done, struct error *err)
{
	_cleanup_(freep) char *directory = path_parent(entry->file->path), *why = NULL;
	struct margin_rule rule = {closure, MARGIN_NEAR, entry, NULL, err};
	struct plugins plugins = {&rule, directory};

	if (!directory)
		return error_oom(err);
	if (is_linkers(directory) || is_imported_from(directory) || intern_has(done, directory))
		return 0;
	if (!intern_string(done, directory) || asprintf(&why, "beside %s", entry->file->path) < 0)
		return error_oom(err);
	rule.why = why;
	return source_list(closure->source, directory, on_name, &plugins, err);
}

int closure_add_plugins(struct closure *closure, struct error *err)
{
	size_t count = closure->entries.count;
	struct intern done = {0};
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++) {
		const struct closure_entry *entry = closure->entries.items[i];

		if (margin_is_touched(entry) && entry->file->kind == ENTRY_FILE &&
		    selected_is_read(entry->selected) && is_library_name(path_name(entry->file->path)))
			r = add_plugins(closure, entry, &done, err);
	}
	intern_release(&done);
	return r;
}
