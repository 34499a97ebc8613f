// SPDX-License-Identifier: BSD-2-Clause
#include "pack/need/text_names.h"

#include <string.h>

bool text_names_is_text(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if ((unsigned char)text[i] < ' ' && !strchr("\t\n\r\f\b\033", text[i]))
			return false;
	return size == 0 || !memchr(text, '\0', size);
}

/* A text while it is looked through. */
struct scan {
	const char *at, *end;
	const char *start;
	bool fresh; /* nothing but blanks stands before it on its line */
};

static bool is_at(const struct scan *scan, const char *word)
{
	size_t length = strlen(word);

	return (size_t)(scan->end - scan->at) >= length && memcmp(scan->at, word, length) == 0;
}

/* Behind the next such word; the end when there is none. */
static void skip_to(struct scan *scan, const char *word)
{
	const char *found = memmem(scan->at, (size_t)(scan->end - scan->at), word, strlen(word));

	scan->at = found ? found + strlen(word) : scan->end;
}

static void skip_line(struct scan *scan)
{
	const char *found = memchr(scan->at, '\n', (size_t)(scan->end - scan->at));

	scan->at = found ? found : scan->end;
}

static char before(const struct scan *scan)
{
	return scan->at > scan->start ? scan->at[-1] : '\n';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Perl's documentation: a line "=head1" to a line "=cut". */
static bool is_pod(const struct scan *scan)
{
	return before(scan) == '\n' && scan->end - scan->at > 1 && scan->at[0] == '=' &&
	       scan->at[1] >= 'a' && scan->at[1] <= 'z';
}

static bool skip_comment(struct scan *scan)
{
	if ((*scan->at == '#' && (scan->fresh || is_blank(before(scan)))) ||
	    (*scan->at == ';' && scan->fresh) || (scan->fresh && is_at(scan, "//")))
		skip_line(scan);
	else if (scan->fresh && is_at(scan, "/*"))
		skip_to(scan, "*/");
	else if (is_at(scan, "<!--"))
		skip_to(scan, "-->");
	else if (is_pod(scan))
		skip_to(scan, "\n=cut");
	else
		return false;
	return true;
}

/* Does a path begin here: a slash that stands for itself, and a name behind it? */
static bool begins(const struct scan *scan)
{
	return *scan->at == '/' && scan->end - scan->at > 1 &&
	       (is_blank(before(scan)) || strchr("\"'`=:,;([{<>|&!@", before(scan))) &&
	       (strchr("._+-", scan->at[1]) || (scan->at[1] >= '0' && scan->at[1] <= '9') ||
		(scan->at[1] >= 'A' && scan->at[1] <= 'Z') || (scan->at[1] >= 'a' && scan->at[1] <= 'z') ||
		(unsigned char)scan->at[1] >= 0x80);
}

static bool goes_on(char c)
{
	return (unsigned char)c > ' ' && !strchr("\"'`,;()[]{}<>|&$*?\\:=%#!^~\177", c);
}

/* The path at the scan, into `path`; moves behind it. */
static void take_path(struct scan *scan, char path[TEXT_NAMES_LONGEST], bool *ret_cut)
{
	const char *from = scan->at;
	size_t length;

	while (scan->at < scan->end && goes_on(*scan->at))
		scan->at++;
	length = (size_t)(scan->at - from);
	*ret_cut = scan->at < scan->end && strchr("*?[{$%", *scan->at) && *scan->at;
	if (length >= TEXT_NAMES_LONGEST)
		length = 0;
	while (*ret_cut && length > 0 && from[length - 1] != '/')
		length--;
	while (length > 1 && strchr("./", from[length - 1]))
		length--;
	memcpy(path, from, length);
	path[length] = '\0';
}

int text_names_each(const char *text, size_t size,
		    int (*visit)(const char *path, bool cut, void *data), void *data)
{
	struct scan scan = {text, text + size, text, true};
	char path[TEXT_NAMES_LONGEST];
	int left = TEXT_NAMES_MAX, r = 0;

	while (r == 0 && scan.at < scan.end && left > 0) {
		bool cut;

		if (skip_comment(&scan)) {
			scan.fresh = false;
			continue;
		}
		if (begins(&scan)) {
			take_path(&scan, path, &cut);
			if (path[0] == '/' && path[1]) {
				left--;
				r = visit(path, cut, data);
			}
			scan.fresh = false;
			continue;
		}
		scan.fresh = *scan.at == '\n' || (scan.fresh && is_blank(*scan.at));
		scan.at++;
	}
	return r;
}
