// SPDX-License-Identifier: BSD-2-Clause
#include "pack/need/source_words.h"

#include <ctype.h>
#include <string.h>

#include "db/base/path.h"

static const struct {
	enum source_language language;
	const char *endings, *program; /* of a "#!" line */
} languages[] = {
	{LANGUAGE_PYTHON, " py pyw wsgi ", "python"},
	{LANGUAGE_NODE, " js mjs cjs ts mts cts jsx tsx ", "node"},
	{LANGUAGE_RUBY, " rb ru rake gemspec ", "ruby"},
	{LANGUAGE_PERL, " pl pm t psgi cgi ", "perl"},
	{LANGUAGE_PHP, " php phtml inc ", "php"},
};

enum source_language source_language_of(const char *path, const char *head, size_t size)
{
	const char *name = path_name(path), *end = strrchr(name, '.'), *at;
	size_t length = end && isalnum((unsigned char)end[1]) ? strlen(end + 1) : 0;

	for (size_t i = 0; length && i < sizeof(languages) / sizeof(*languages); i++)
		for (at = languages[i].endings; (at = strstr(at, end + 1)); at++)
			if (at[-1] == ' ' && at[length] == ' ')
				return languages[i].language;
	if (size < 2 || memcmp(head, "#!", 2) != 0)
		return LANGUAGE_NONE;
	at = memchr(head, '\n', size);
	size = at ? (size_t)(at - head) : size;
	for (size_t i = 0; i < sizeof(languages) / sizeof(*languages); i++)
		if (memmem(head, size, languages[i].program, strlen(languages[i].program)))
			return languages[i].language;
	return LANGUAGE_NONE;
}

struct scan {
	enum source_language language;
	const char *at, *start, *end;
	bool first;
	size_t indent;
	char text[SOURCE_WORD_LONGEST + 1];
	int (*visit)(const struct source_word *word, void *data);
	void *data;
};

static bool is_at(const struct scan *scan, const char *word)
{
	size_t length = strlen(word);

	return (size_t)(scan->end - scan->at) >= length && memcmp(scan->at, word, length) == 0;
}

static bool begins_line(const struct scan *scan)
{
	return scan->at == scan->start || scan->at[-1] == '\n';
}

static void skip_to(struct scan *scan, const char *word, size_t more)
{
	const char *found = memmem(scan->at, (size_t)(scan->end - scan->at), word, strlen(word));

	scan->at = found ? found + more : scan->end;
}

static bool has_hash_comments(const struct scan *scan)
{
	return scan->language != LANGUAGE_NODE &&
	       (begins_line(scan) || strchr(" \t;{(,", scan->at[-1]));
}

static bool skip_comment(struct scan *scan)
{
	bool slashes = scan->language == LANGUAGE_NODE || scan->language == LANGUAGE_PHP;

	if ((*scan->at == '#' && (has_hash_comments(scan) || is_at(scan, "#!"))) ||
	    (slashes && is_at(scan, "//") && (begins_line(scan) || scan->at[-1] != ':')))
		skip_to(scan, "\n", 0);
	else if (slashes && is_at(scan, "/*"))
		skip_to(scan, "*/", 2);
	else if (scan->language == LANGUAGE_RUBY && begins_line(scan) && is_at(scan, "=begin"))
		skip_to(scan, "\n=end", 5);
	else if (scan->language == LANGUAGE_PERL && begins_line(scan) && *scan->at == '=' &&
		 scan->end - scan->at > 1 && isalpha((unsigned char)scan->at[1]))
		skip_to(scan, "\n=cut", 5);
	else if (scan->language == LANGUAGE_PERL && begins_line(scan) && is_at(scan, "__END__"))
		scan->at = scan->end;
	else
		return false;
	return true;
}

static int say(struct scan *scan, enum source_word_kind kind, const char *from, size_t length)
{
	struct source_word word = {kind, scan->text, scan->first, scan->indent};

	scan->first = false;
	if (length > SOURCE_WORD_LONGEST)
		return 0;
	memcpy(scan->text, from, length);
	scan->text[length] = '\0';
	return scan->visit(&word, scan->data);
}

/* A long string's words say nothing, and may hold anything. */
static int take_long(struct scan *scan, const char *quotes)
{
	const char *from;

	scan->at += strlen(quotes);
	from = scan->at;
	skip_to(scan, quotes, 0);
	if (say(scan, SOURCE_STRING, from, (size_t)(scan->at - from)) != 0)
		return 1;
	scan->at += scan->at < scan->end ? strlen(quotes) : 0;
	return 0;
}

static int take_string(struct scan *scan)
{
	char quote = *scan->at++;
	const char *from = scan->at;
	int r;

	while (scan->at < scan->end && *scan->at != quote && *scan->at != '\n')
		scan->at += *scan->at == '\\' && scan->end - scan->at > 1 && scan->at[1] != '\n' ? 2 : 1;
	r = say(scan, SOURCE_STRING, from, (size_t)(scan->at - from));
	scan->at += scan->at < scan->end && *scan->at == quote;
	return r;
}

static bool is_name(const struct scan *scan)
{
	unsigned char c = (unsigned char)*scan->at;

	return isalnum(c) || c == '_' || c == '$' || c == '.' || c >= 0x80 || is_at(scan, "::");
}

static int take_name(struct scan *scan)
{
	const char *from = scan->at;

	while (scan->at < scan->end && is_name(scan))
		scan->at += is_at(scan, "::") ? 2 : 1;
	return say(scan, SOURCE_NAME, from, (size_t)(scan->at - from));
}

static size_t count_blanks(const struct scan *scan)
{
	const char *p = scan->at;

	while (p < scan->end && (*p == ' ' || *p == '\t'))
		p++;
	return (size_t)(p - scan->at);
}

/* Other code between its lines goes on. */
static bool is_continued(const struct scan *scan)
{
	return *scan->at == '\\' && scan->end - scan->at > 1 && scan->at[1] == '\n';
}

static int take_line(struct scan *scan)
{
	int r = say(scan, SOURCE_LINE, "", 0);

	scan->at++;
	scan->first = true;
	scan->indent = count_blanks(scan);
	return r;
}

int source_words_each(enum source_language language, const char *text, size_t size,
		      int (*visit)(const struct source_word *word, void *data), void *data)
{
	struct scan scan = {.language = language, .at = text, .start = text, .end = text + size,
			    .first = true, .visit = visit, .data = data};
	int r = 0;

	scan.indent = count_blanks(&scan);
	while (r == 0 && scan.at < scan.end) {
		if (skip_comment(&scan))
			continue;
		if (*scan.at == '\n')
			r = take_line(&scan);
		else if (is_continued(&scan))
			scan.at += 2;
		else if (*scan.at == ' ' || *scan.at == '\t' || *scan.at == '\r')
			scan.at++;
		else if (language == LANGUAGE_PYTHON && (is_at(&scan, "'''") || is_at(&scan, "\"\"\"")))
			r = take_long(&scan, *scan.at == '"' ? "\"\"\"" : "'''");
		else if (language == LANGUAGE_NODE && *scan.at == '`')
			r = take_long(&scan, "`");
		else if (*scan.at == '\'' || *scan.at == '"')
			r = take_string(&scan);
		else if (is_name(&scan))
			r = take_name(&scan);
		else
			r = say(&scan, SOURCE_MARK, scan.at++, 1);
	}
	return r == 0 && scan.at == scan.end ? say(&scan, SOURCE_LINE, "", 0) : r;
}
