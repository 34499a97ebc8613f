// SPDX-License-Identifier: BSD-2-Clause
#include "stage/watch/page.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* What is left of the page. */
struct cursor {
	const char *at, *end;
};

static bool at_end(const struct cursor *cursor)
{
	return cursor->at == cursor->end;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool begins_with(const struct cursor *cursor, const char *word)
{
	size_t length = strlen(word);

	return (size_t)(cursor->end - cursor->at) >= length && strncasecmp(cursor->at, word, length) == 0;
}

/* Behind the next `word`, or at the end. */
static void skip_past(struct cursor *cursor, const char *word)
{
	while (!at_end(cursor) && !begins_with(cursor, word))
		cursor->at++;
	if (!at_end(cursor))
		cursor->at += strlen(word);
}

static void skip_blanks(struct cursor *cursor)
{
	while (!at_end(cursor) && is_blank(*cursor->at))
		cursor->at++;
}

/* A stretch of the page. */
struct word {
	const char *at;
	size_t length;
};

static bool word_is(const struct word *word, const char *text)
{
	return word->length == strlen(text) && strncasecmp(word->at, text, word->length) == 0;
}

/* Up to one of these, or a blank. */
static struct word take_word(struct cursor *cursor, const char *ends)
{
	const char *from = cursor->at;

	while (!at_end(cursor) && !is_blank(*cursor->at) && (!*cursor->at || !strchr(ends, *cursor->at)))
		cursor->at++;
	return (struct word){from, (size_t)(cursor->at - from)};
}

static struct word take_value(struct cursor *cursor)
{
	char quote = at_end(cursor) ? '\0' : *cursor->at;
	struct word value;

	if (quote != '"' && quote != '\'')
		return take_word(cursor, ">");
	value.at = ++cursor->at;
	while (!at_end(cursor) && *cursor->at != quote)
		cursor->at++;
	value.length = (size_t)(cursor->at - value.at);
	if (!at_end(cursor))
		cursor->at++;
	return value;
}

/* From behind a tag's name to behind its ">". */
static int read_attributes(struct cursor *cursor, page_found *found, void *data)
{
	int r = 0;

	while (r == 0) {
		struct word name, value = {NULL, 0};

		while (!at_end(cursor) && (is_blank(*cursor->at) || *cursor->at == '/'))
			cursor->at++;
		if (at_end(cursor))
			return 0;
		if (*cursor->at == '>') {
			cursor->at++;
			return 0;
		}
		name = take_word(cursor, "=>");
		skip_blanks(cursor);
		if (!at_end(cursor) && *cursor->at == '=') {
			cursor->at++;
			skip_blanks(cursor);
			value = take_value(cursor);
		}
		if (value.at && (word_is(&name, "href") || word_is(&name, "src")))
			r = found(value.at, value.length, data);
	}
	return r;
}

int page_links(const char *html, size_t size, page_found *found, void *data)
{
	struct cursor cursor = {html, html + size};
	int r = 0;

	while (r == 0 && !at_end(&cursor)) {
		struct word name;

		skip_past(&cursor, "<");
		if (begins_with(&cursor, "!--")) {
			skip_past(&cursor, "-->");
			continue;
		}
		if (at_end(&cursor) || !isalpha((unsigned char)*cursor.at))
			continue;
		name = take_word(&cursor, "/>");
		r = read_attributes(&cursor, found, data);
		/* what looks like a tag in there is none */
		if (word_is(&name, "script"))
			skip_past(&cursor, "</script");
		else if (word_is(&name, "style"))
			skip_past(&cursor, "</style");
	}
	return r;
}

/* ---- where a link leads ---- */

/* Without what surrounds it and its fragment, "&amp;" as what it stands for; false: too long, or no link. */
static bool take_link(const char *link, size_t length, char link_text[PAGE_PATH_MAX])
{
	size_t used = 0;

	while (length && is_blank(*link))
		link++, length--;
	while (length && is_blank(link[length - 1]))
		length--;
	for (size_t i = 0; i < length && link[i] != '#'; i++) {
		if (!isgraph((unsigned char)link[i]) || used == PAGE_PATH_MAX - 1)
			return false;
		link_text[used++] = link[i];
		if (length - i >= 5 && strncmp(link + i, "&amp;", 5) == 0)
			i += 4;
	}
	link_text[used] = '\0';
	return used > 0;
}

/* "mailto" of "mailto:x": its length, 0 when there is none. */
static size_t scheme_of(const char *link)
{
	size_t length = 0;

	while (isalnum((unsigned char)link[length]) || (length && strchr("+-.", link[length]) && link[length]))
		length++;
	return link[length] == ':' && isalpha((unsigned char)*link) ? length : 0;
}

/* Behind "http://AUTHORITY" or "//AUTHORITY"; the link itself when it has none; NULL: it is another's. */
static const char *strip_host(const char *authority, const char *link)
{
	size_t scheme = scheme_of(link), length = strlen(authority);

	if (scheme && (scheme != 4 || strncasecmp(link, "http", 4) != 0))
		return NULL;
	if (scheme)
		link += 5;
	if (strncmp(link, "//", 2) != 0)
		return scheme ? NULL : link;
	link += 2;
	if (strncasecmp(link, authority, length) != 0 || (link[length] && link[length] != '/'))
		return NULL;
	return link[length] ? link + length : "/";
}

/* "/a/./b/../c" → "/a/c", in place, up to the query. */
static void remove_dots(char *path)
{
	const char *from = path;
	char *to = path;

	while (*from == '/') {
		size_t length = 1 + strcspn(from + 1, "/?");
		bool last = from[length] != '/', up = length == 3 && strncmp(from, "/..", 3) == 0;

		if (up || (length == 2 && from[1] == '.')) {
			while (up && to > path && *--to != '/')
				;
			if (last)
				*to++ = '/';
		} else {
			memmove(to, from, length);
			to += length;
		}
		from += length;
	}
	memmove(to, from, strlen(from) + 1);
}

int page_resolve(const char *authority, const char *base, const char *link, size_t length,
		 char ret_path[PAGE_PATH_MAX])
{
	char text[PAGE_PATH_MAX];
	size_t directory = strcspn(base, "?"), kept;
	const char *rest;

	if (!take_link(link, length, text))
		return 0;
	rest = strip_host(authority, text);
	if (!rest)
		return 0;
	kept = *rest == '?' ? directory : 0;
	if (*rest != '/' && *rest != '?') {
		while (directory && base[directory - 1] != '/')
			directory--;
		kept = directory;
	}
	if (kept + strlen(rest) >= PAGE_PATH_MAX)
		return 0;
	memcpy(ret_path, base, kept);
	strcpy(ret_path + kept, rest);
	if (*ret_path != '/')
		return 0;
	remove_dots(ret_path);
	return 1;
}
