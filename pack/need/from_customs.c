// SPDX-License-Identifier: BSD-2-Clause
#include "pack/need/from_customs.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "db/base/text.h"
#include "pack/need/customs.h"
#include "pack/need/ecosystem.h"
#include "pack/need/python_distributions.h"

enum { WORDS_FILE_MAX = 64 * 1024, HELD_FILE_MAX = 256 * 1024 * 1024 };

/* One custom being applied to one entry. */
struct application {
	struct closure *closure;
	const struct custom *custom;
	struct closure_entry *trigger;
	struct ecosystem_call call;
	struct error *err;
};

/* One entry that customs are asked about; what has to be read for that is read once. */
struct asked {
	struct closure *closure;
	struct closure_entry *entry;
	struct intern imports; /* of the symbols that a custom asks about */
	struct text bytes;     /* of a program or a script */
	bool imports_read, bytes_read;
	struct error *err;
};

static void add_above(struct text *text, const char *path, int levels)
{
	size_t length = strlen(path);

	for (; levels > 0 && length > 0; levels--)
		while (length > 0 && path[--length] != '/')
			;
	ecosystem_literal(text, path, length);
}

/* The part of a relative path that has so many before it; nothing when it has fewer. */
static void add_part(struct text *text, const char *path, int before)
{
	for (; before > 0; before--) {
		path += strcspn(path, "/");
		path += *path == '/';
	}
	ecosystem_literal(text, path, strcspn(path, "/"));
}

static void add_token(struct text *text, const struct application *application, const char *token,
		      size_t length, const char *word)
{
	const char *path = application->trigger->file->path;
	const char *anchor = application->custom->anchor;
	const char *at = anchor ? strstr(path, anchor) : NULL;

	/* the innermost: gems bundled in gems */
	for (const char *next = at; next; next = strstr(next + 1, anchor))
		at = next;
	if (strncmp(token, "dir", length) == 0)
		add_above(text, path, 1);
	else if (strncmp(token, "up", length) == 0)
		add_above(text, path, 2);
	else if (strncmp(token, "top", length) == 0)
		add_above(text, path, 3);
	else if (strncmp(token, "base", length) == 0)
		ecosystem_literal(text, path_name(path), strcspn(path_name(path), "."));
	else if (strncmp(token, "word", length) == 0 && word)
		ecosystem_literal(text, word, strlen(word));
	else if (strncmp(token, "before", length) == 0 && at)
		ecosystem_literal(text, path, (size_t)(at - path));
	else if (strncmp(token, "after", length) == 0 && at)
		add_part(text, at + strlen(anchor), 0);
	else if (strncmp(token, "next", length) == 0 && at)
		add_part(text, at + strlen(anchor), 1);
}

/* One pattern of the add list, tokens replaced. */
static void fill_pattern(struct text *text, const struct application *application,
			 const char *pattern, size_t length, const char *word)
{
	for (const char *p = pattern, *end = pattern + length; p < end; p++) {
		const char *close = *p == '{' ? memchr(p, '}', (size_t)(end - p)) : NULL;

		if (!close) {
			text_add_char(text, *p);
			continue;
		}
		add_token(text, application, p + 1, (size_t)(close - p - 1), word);
		p = close;
	}
}

/* Take the backslashes away of a pattern that can match one path only; false: it may match more. */
static bool unescape(char *pattern)
{
	char *end = pattern;

	for (const char *p = pattern; *p; p++) {
		if (strchr("*?[", *p))
			return false;
		if (*p == '\\' && p[1])
			p++;
	}
	for (const char *p = pattern; *p; p++) {
		if (*p == '\\' && p[1])
			p++;
		*end++ = *p;
	}
	*end = '\0';
	return true;
}

static int apply_once(struct application *application, const char *word)
{
	const struct custom_words *add = &application->custom->add;
	int r = 0;

	for (size_t i = 0; i < add->count && r == 0; i++) {
		_cleanup_(text_release) struct text pattern = TEXT_INIT;

		fill_pattern(&pattern, application, add->items[i], strlen(add->items[i]), word);
		if (text_failed(&pattern))
			return error_oom(application->err);
		if (pattern.bytes[0] != '/')
			continue;
		/* by its own name, not by what a search finds: links on the way are needed, too */
		if (unescape(pattern.bytes))
			r = ecosystem_add_path(application->closure, &application->call, pattern.bytes,
					       application->err);
		else
			r = ecosystem_add(application->closure, &application->call, pattern.bytes,
					  application->err);
	}
	return r;
}

/* What stands behind a # is said to people. */
static void remove_comments(char *text)
{
	for (char *p = text; *p; p++)
		if (*p == '#' && (p == text || strchr(" \t\n", p[-1])))
			memset(p, ' ', strcspn(p, "\n"));
}

/* Is it a word to be taken, as it stands behind another? */
static bool word_matches(const char *words, const char *before, const char *word)
{
	const char *blank = strchr(words, ' '), *last = strrchr(word, '/');
	size_t length = strlen(before);

	if (!blank)
		return path_match(words, last ? last : word);
	return (size_t)(blank - words) == length && strncmp(words, before, length) == 0 &&
	       path_match(blank + 1, last ? last : word);
}

static int apply_words(struct application *application)
{
	static const char blanks[] = " \t\r\n;\"'[]:=,";
	_cleanup_(text_release) struct text text = TEXT_INIT;
	const char *before = "";
	char *saved, *word;
	int r;

	r = source_read(application->closure->source, application->trigger->file->path,
			WORDS_FILE_MAX, &text, application->err);
	if (r < 0) /* too large, or not a file: it holds no words for us */
		return r == -EFBIG || r == -EINVAL || source_has_none(r) ? 0 : r;
	remove_comments(text.bytes);
	for (word = strtok_r(text.bytes, blanks, &saved); word && r == 0;
	     word = strtok_r(NULL, blanks, &saved)) {
		if (word_matches(application->custom->words, before, word))
			r = apply_once(application, word);
		before = word;
	}
	return r;
}

static int note_import(const char *symbol, void *data)
{
	struct asked *asked = data;

	if (!intern_has(&asked->closure->options.customs->symbols, symbol))
		return 0;
	return intern_string(&asked->imports, symbol) ? 0 : error_oom(asked->err);
}

static bool may_be_elf(const struct closure_entry *entry)
{
	return entry->file->kind == ENTRY_FILE && entry->contents && entry->head != HEAD_DATA &&
	       entry->head != HEAD_SCRIPT;
}

static int read_imports(struct asked *asked)
{
	asked->imports_read = true;
	return may_be_elf(asked->entry)
		       ? loader_imports(asked->closure->loader, asked->entry->file, note_import, asked,
					asked->err)
		       : 0;
}

/* Of data nobody asks what it holds. */
static int read_bytes(struct asked *asked)
{
	struct closure *closure = asked->closure;
	const struct closure_entry *entry = asked->entry;
	const struct elf_file *elf = NULL;
	int r = 0;

	asked->bytes_read = true;
	if (entry->head != HEAD_SCRIPT) {
		r = may_be_elf(entry) ? loader_elf(closure->loader, entry->file, &elf, NULL, asked->err) : 0;
		if (r < 0 || !elf)
			return r;
	}
	r = source_read(closure->source, entry->file->path, HELD_FILE_MAX, &asked->bytes, asked->err);
	return r == -EFBIG ? 0 : r;
}

/* 1: the entry has one of the signs, 0: none. */
static int has_sign(struct asked *asked, const struct custom *custom, uint64_t initials)
{
	const char *path = asked->entry->file->path;
	int r = 0;

	if (custom->sign == CUSTOM_IMPORTS && !asked->imports_read)
		r = read_imports(asked);
	if (custom->sign == CUSTOM_HOLDS && !asked->bytes_read)
		r = read_bytes(asked);
	for (size_t i = 0; r == 0 && i < custom->signs.count; i++) {
		const char *sign = custom->signs.items[i];

		if (custom->sign == CUSTOM_PATH)
			r = path_may_match(sign, initials) && path_match(sign, path);
		else if (custom->sign == CUSTOM_IMPORTS)
			r = intern_has(&asked->imports, sign);
		else
			r = memmem(asked->bytes.bytes, asked->bytes.size, sign, strlen(sign)) != NULL;
	}
	for (size_t i = 0; r == 1 && i < custom->unless.count; i++)
		r = !path_match(custom->unless.items[i], path);
	return r;
}

/* Whose lists of what they install are looked through in C. */
static bool has_python(const struct customs *customs)
{
	const struct custom_ecosystem *found = customs_ecosystem(customs, "python");

	return found && !found->off;
}

static int ask_customs(struct asked *asked, enum margin margin)
{
	const struct customs *customs = asked->closure->options.customs;
	uint64_t initials = path_initials(asked->entry->file->path);

	for (size_t i = 0; i < customs->count; i++) {
		const struct custom *custom = &customs->items[i];
		struct application application = {
			asked->closure, custom, asked->entry,
			{custom->ecosystem, margin, asked->entry}, asked->err,
		};
		int r;

		if (custom->margin != margin || custom->off)
			continue;
		r = has_sign(asked, custom, initials);
		if (r == 1)
			r = custom->words ? apply_words(&application) : apply_once(&application, NULL);
		if (r < 0)
			return r;
	}
	return 0;
}

static int apply_customs(struct closure *closure, struct closure_entry *entry, enum margin margin,
			 struct error *err)
{
	struct asked asked = {.closure = closure, .entry = entry, .bytes = TEXT_INIT, .err = err};
	int r = ask_customs(&asked, margin);

	intern_release(&asked.imports);
	text_release(&asked.bytes);
	if (r < 0 || margin != MARGIN_NONE || !has_python(closure->options.customs))
		return r;
	return python_distributions_add(closure, entry, err);
}

/* Those of one level, for the entries that have not been asked about them. */
static int add_level(struct closure *closure, enum margin margin, struct error *err)
{
	/* only what is there now: what this round adds gets its turn in the next */
	size_t count = closure->entries.count, *done = &closure->customs_done[margin];

	for (; *done < count; ++*done) {
		struct closure_entry *entry = closure->entries.items[*done];
		int r;

		if (!closure_entry_in(entry) || entry->file->kind == ENTRY_DIR)
			continue;
		r = apply_customs(closure, entry, margin, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int closure_add_customs(struct closure *closure, struct error *err)
{
	int r = 0;

	for (int margin = MARGIN_NONE; r == 0 && margin <= (int)closure->margin; margin++)
		r = closure->options.customs ? add_level(closure, (enum margin)margin, err) : 0;
	return r;
}
