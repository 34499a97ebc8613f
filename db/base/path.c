// SPDX-License-Identifier: BSD-2-Clause
#include "db/base/path.h"

#include <stdlib.h>
#include <string.h>

const char *path_next(const char **rest, size_t *ret_length)
{
	const char *start = *rest + strspn(*rest, "/");
	size_t length = strcspn(start, "/");

	if (length == 0)
		return NULL;
	*ret_length = length;
	*rest = start + length;
	return start;
}

static bool is_dot(const char *part, size_t length)
{
	return length == 1 && part[0] == '.';
}

static bool is_dotdot(const char *part, size_t length)
{
	return length == 2 && part[0] == '.' && part[1] == '.';
}

bool path_is_canonical(const char *path)
{
	const char *rest = path, *part, *end = path;
	size_t length;

	if (path[0] != '/')
		return false;
	if (path[1] == '\0')
		return true;
	while ((part = path_next(&rest, &length))) {
		if (part != end + 1 || is_dot(part, length) || is_dotdot(part, length))
			return false;
		end = part + length;
	}
	return *end == '\0';
}

/* Canonicalize directory + "/" + path into a fresh string. */
static char *canonical_of(const char *directory, const char *path)
{
	const char *sources[] = {directory, path};
	size_t size = strlen(directory) + strlen(path) + 3, used = 0;
	char *result = malloc(size);

	if (!result)
		return NULL;
	for (size_t i = 0; i < 2; i++) {
		const char *rest = sources[i], *part;
		size_t length;

		while ((part = path_next(&rest, &length))) {
			if (is_dot(part, length))
				continue;
			if (is_dotdot(part, length)) {
				while (used && result[--used] != '/')
					;
				continue;
			}
			result[used++] = '/';
			memcpy(result + used, part, length);
			used += length;
		}
	}
	if (used == 0)
		result[used++] = '/';
	result[used] = '\0';
	return result;
}

char *path_canonicalize(const char *path)
{
	return canonical_of("", path);
}

char *path_join(const char *directory, const char *name)
{
	size_t length = strlen(directory), size = strlen(name);
	char *joined;

	if (length && directory[length - 1] == '/')
		length--;
	joined = malloc(length + size + 2);
	if (!joined)
		return NULL;
	memcpy(joined, directory, length);
	joined[length] = '/';
	memcpy(joined + length + 1, name, size + 1);
	return joined;
}

char *path_parent(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash || slash == path)
		return strdup("/");
	return strndup(path, (size_t)(slash - path));
}

const char *path_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool path_is_within(const char *path, const char *directory)
{
	size_t length = strlen(directory);

	if (length == 1)
		return path[0] == '/';
	return strncmp(path, directory, length) == 0 &&
	       (path[length] == '\0' || path[length] == '/');
}

char *path_resolve(const char *link_path, const char *target)
{
	char *directory, *resolved;

	if (target[0] == '/')
		return path_canonicalize(target);
	directory = path_parent(link_path);
	if (!directory)
		return NULL;
	resolved = canonical_of(directory, target);
	free(directory);
	return resolved;
}

/*
 * One class "[…]" against byte c; *pattern is behind the '['. Returns NULL when the class never ends
 * (then '[' is literal), else the byte behind ']' and whether it matched.
 */
static const char *class_match(const char *pattern, unsigned char c, bool *ret_matches)
{
	const unsigned char *p = (const unsigned char *)pattern;
	bool negated = *p == '!' || *p == '^', matches = false, first = true;

	if (negated)
		p++;
	for (; *p && (*p != ']' || first); first = false) {
		unsigned char low = *p, high;

		if (low == '\\' && p[1])
			low = *++p;
		high = low;
		p++;
		if (*p == '-' && p[1] && p[1] != ']') {
			high = *++p;
			if (high == '\\' && p[1])
				high = *++p;
			p++;
		}
		matches = matches || (low <= c && c <= high);
	}
	if (*p != ']')
		return NULL;
	*ret_matches = matches != negated && c != '/';
	return (const char *)p + 1;
}

/* One pattern element against byte c: the rest of the pattern, or NULL when it does not match. */
static const char *element_match(const char *pattern, char c)
{
	const char *after;
	bool matches;

	switch (*pattern) {
	case '\0':
		return NULL;
	case '?':
		return c != '/' ? pattern + 1 : NULL;
	case '[':
		after = class_match(pattern + 1, (unsigned char)c, &matches);
		if (after)
			return matches ? after : NULL;
		return c == '[' ? pattern + 1 : NULL;
	case '\\':
		if (pattern[1])
			pattern++;
		break;
	default:
		break;
	}
	return *pattern == c ? pattern + 1 : NULL;
}

/*
 * The usual two-finger walk, with one place to go back to for the last '*' (which may not swallow a
 * slash) and one for the last "**" (which may swallow whole parts). An earlier star never needs to be
 * tried again: what follows a later one matches at its first place or at none.
 */
static bool match_from_root(const char *start, const char *path)
{
	const char *pattern = start, *star = NULL, *star_path = NULL, *deep = NULL, *deep_path = NULL, *next;

	for (;;) {
		if (pattern[0] == '*' && pattern[1] == '*' &&
		    (pattern == start || pattern[-1] == '/') &&
		    (pattern[2] == '/' || pattern[2] == '\0')) {
			if (pattern[2] == '\0')
				return true;
			pattern += 3;
			deep = pattern;
			deep_path = path;
			star = NULL;
			continue;
		}
		if (*pattern == '*') {
			while (*pattern == '*')
				pattern++;
			star = pattern;
			star_path = path;
			continue;
		}
		if (*path == '\0' && *pattern == '\0')
			return true;
		next = *path ? element_match(pattern, *path) : NULL;
		if (next) {
			pattern = next;
			path++;
			continue;
		}
		if (star && *star_path && *star_path != '/') {
			pattern = star;
			path = ++star_path;
			continue;
		}
		if (!deep || !(deep_path = strchr(deep_path, '/')))
			return false;
		pattern = deep;
		path = ++deep_path;
		star = NULL;
	}
}

bool path_match(const char *pattern, const char *path)
{
	if (*path == '/')
		path++;
	if (*pattern == '/')
		return match_from_root(pattern + 1, path);
	/* at any depth: as if "**" and a slash stood in front */
	for (;; path++) {
		if (match_from_root(pattern, path))
			return true;
		path = strchr(path, '/');
		if (!path)
			return false;
	}
}

/* Bytes share bits: one too many in the set costs a comparison. */
static uint64_t initial_bit(char first)
{
	return UINT64_C(1) << ((unsigned char)first & 63);
}

uint64_t path_initials(const char *path)
{
	const char *part;
	uint64_t initials = 0;
	size_t length;

	while ((part = path_next(&path, &length)))
		initials |= initial_bit(*part);
	return initials;
}

bool path_may_match(const char *pattern, uint64_t initials)
{
	pattern += *pattern == '/';
	switch (*pattern) {
	case '\0':
	case '*':
	case '?':
	case '[':
	case '\\':
		return true;
	default:
		return initials & initial_bit(*pattern);
	}
}
