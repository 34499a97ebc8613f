// SPDX-License-Identifier: BSD-2-Clause
#include "pack/need/customs_parse.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"

static const char blanks[] = " \t";

/* A file while it is read; a custom goes from its first line to an empty one. */
struct parser {
	struct customs *customs;
	const char *ecosystem, *path;
	unsigned int line;
	struct custom custom; /* as far as it was read */
	bool begun, off;
	struct error *err;
};

static int wrong(const struct parser *parser, const char *what, const char *word)
{
	return error_set(parser->err, -EBADMSG, "%s:%u: %s%s%s%s", parser->path, parser->line, what,
			 word ? " '" : "", word ? word : "", word ? "'" : "");
}

static int keep(const struct parser *parser, const char *string, const char **ret_string)
{
	*ret_string = intern_string(&parser->customs->strings, string);
	return *ret_string ? 0 : error_oom(parser->err);
}

static int add_words(const struct parser *parser, char *value, struct custom_words *words)
{
	char *saved;

	for (char *word = strtok_r(value, blanks, &saved); word; word = strtok_r(NULL, blanks, &saved)) {
		const char *kept;
		int r = keep(parser, word, &kept);

		if (r == 0 && array_push(words, kept) < 0)
			r = error_oom(parser->err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* One of the three signs; a custom has one kind of them. */
static int take_sign(struct parser *parser, enum custom_sign sign, char *value)
{
	struct custom *custom = &parser->custom;
	const char *kept;
	int r;

	if (custom->signs.count && custom->sign != sign)
		return wrong(parser, "a custom has one kind of sign: when, imports or holds", NULL);
	custom->sign = sign;
	if (sign != CUSTOM_HOLDS)
		return add_words(parser, value, &custom->signs);
	r = keep(parser, value, &kept); /* as it stands, blanks too */
	return r < 0 || array_push(&custom->signs, kept) == 0 ? r : error_oom(parser->err);
}

/* "{dir}" and its kin are what from_customs.c fills in. */
static bool tokens_are_known(const char *pattern)
{
	static const char *const known[] = {"dir", "up", "top", "base", "word", "before", "after", "next"};

	for (const char *p = strchr(pattern, '{'); p; p = strchr(p + 1, '{')) {
		const char *close = strchr(p, '}');
		bool found = false;

		for (size_t i = 0; close && i < sizeof(known) / sizeof(*known); i++)
			found |= strlen(known[i]) == (size_t)(close - p - 1) &&
				 strncmp(p + 1, known[i], strlen(known[i])) == 0;
		if (!found)
			return false;
	}
	return true;
}

static int take_add(struct parser *parser, char *value)
{
	size_t before = parser->custom.add.count;
	int r = add_words(parser, value, &parser->custom.add);

	for (size_t i = before; r == 0 && i < parser->custom.add.count; i++) {
		const char *pattern = parser->custom.add.items[i];

		if (pattern[0] != '/' && pattern[0] != '{')
			return wrong(parser, "a path begins with '/' or '{':", pattern);
		if (!tokens_are_known(pattern))
			return wrong(parser, "what stands in '{}' is unknown in", pattern);
	}
	return r;
}

static int take_line(struct parser *parser, const char *word, char *value)
{
	struct custom *custom = &parser->custom;

	if (strcmp(word, "when") == 0)
		return take_sign(parser, CUSTOM_PATH, value);
	if (strcmp(word, "imports") == 0)
		return take_sign(parser, CUSTOM_IMPORTS, value);
	if (strcmp(word, "holds") == 0)
		return take_sign(parser, CUSTOM_HOLDS, value);
	if (strcmp(word, "unless") == 0)
		return add_words(parser, value, &custom->unless);
	if (strcmp(word, "anchor") == 0)
		return keep(parser, value, &custom->anchor);
	if (strcmp(word, "words") == 0)
		return keep(parser, value, &custom->words);
	if (strcmp(word, "add") == 0)
		return take_add(parser, value);
	if (strcmp(word, "margin") == 0)
		return margin_of_name(value, &custom->margin) ? 0
							      : wrong(parser, "there is no margin", value);
	return wrong(parser, "a line begins with when, imports, holds, unless, anchor, words, margin or "
			     "add, not with", word);
}

/* The symbols that somebody asks about are the only ones of which notes are taken. */
static int note_symbols(struct parser *parser)
{
	const struct custom *custom = &parser->custom;

	for (size_t i = 0; custom->sign == CUSTOM_IMPORTS && i < custom->signs.count; i++)
		if (!intern_string(&parser->customs->symbols, custom->signs.items[i]))
			return error_oom(parser->err);
	return 0;
}

/* What is filled in has to come from somewhere. */
static int check_tokens(const struct parser *parser)
{
	static const char *const of_anchor[] = {"{before}", "{after}", "{next}"};
	const struct custom *custom = &parser->custom;

	for (size_t i = 0; i < custom->add.count; i++) {
		if (!custom->words && strstr(custom->add.items[i], "{word}"))
			return wrong(parser, "the custom that ends here has no words for '{word}'", NULL);
		for (size_t j = 0; j < sizeof(of_anchor) / sizeof(*of_anchor); j++)
			if (!custom->anchor && strstr(custom->add.items[i], of_anchor[j]))
				return wrong(parser, "the custom that ends here has no anchor for",
					     of_anchor[j]);
	}
	return 0;
}

/* It ends where an empty line or the file's end is. */
static int end_custom(struct parser *parser)
{
	struct custom *custom = &parser->custom;
	int r;

	if (!parser->begun)
		return 0;
	if (!custom->signs.count)
		return wrong(parser, "the custom that ends here does not say when", NULL);
	if (!custom->add.count)
		return wrong(parser, "the custom that ends here adds nothing", NULL);
	r = check_tokens(parser);
	if (r == 0)
		r = note_symbols(parser);
	if (r == 0 && array_push(parser->customs, *custom) < 0)
		r = error_oom(parser->err);
	if (r < 0)
		return r;
	*custom = (struct custom){0};
	parser->begun = false;
	return 0;
}

static int begin_custom(struct parser *parser)
{
	_cleanup_(freep) char *where = NULL;

	if (parser->begun)
		return 0;
	if (asprintf(&where, "%s:%u", parser->path, parser->line) < 0)
		return error_oom(parser->err);
	parser->begun = true;
	parser->custom.ecosystem = parser->ecosystem;
	parser->custom.off = parser->off;
	return keep(parser, where, &parser->custom.where);
}

static int parse_line(struct parser *parser, char *line)
{
	size_t length = strlen(line);
	char *value;
	int r;

	while (length && strchr(" \t\r", line[length - 1]))
		line[--length] = '\0';
	if (!length)
		return end_custom(parser);
	if (line[0] == '#')
		return 0;
	value = line + strcspn(line, blanks);
	if (*value)
		*value++ = '\0';
	value += strspn(value, blanks);
	r = begin_custom(parser);
	if (r == 0 && !*value)
		r = wrong(parser, "nothing stands behind", line);
	return r < 0 ? r : take_line(parser, line, value);
}

int customs_parse(struct customs *customs, const char *ecosystem, const char *path, char *text,
		  struct error *err)
{
	const struct custom_ecosystem *known = customs_ecosystem(customs, ecosystem);
	struct parser parser = {.customs = customs, .ecosystem = ecosystem, .path = path,
				.off = known && known->off, .err = err};
	char *rest = text, *line;
	int r = 0;

	while (r == 0 && (line = strsep(&rest, "\n"))) {
		parser.line++;
		r = parse_line(&parser, line);
	}
	if (r == 0)
		r = end_custom(&parser);
	array_release(&parser.custom.signs);
	array_release(&parser.custom.unless);
	array_release(&parser.custom.add);
	return r;
}
