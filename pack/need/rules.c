// SPDX-License-Identifier: BSD-2-Clause
#include "pack/need/rules.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/path.h"
#include "db/base/text.h"

enum { RULES_SIZE_MAX = 16 * 1024 * 1024, WORDS_MAX = 4 };

/* How many words each verb takes, itself included. */
static const struct {
	const char *name;
	size_t words;
	const char *usage;
} verbs[RULE_VERBS] = {
	[RULE_INCLUDE] = {"include", 2, "include GLOB"},
	[RULE_INCLUDE_DIR] = {"include-dir", 2, "include-dir GLOB"},
	[RULE_INCLUDE_PACKAGE] = {"include-package", 2, "include-package NAME"},
	[RULE_INCLUDE_BIN] = {"include-bin", 2, "include-bin NAME"},
	[RULE_EXCLUDE] = {"exclude", 2, "exclude GLOB"},
	[RULE_KEEP_EMPTY] = {"keep-empty", 2, "keep-empty GLOB"},
	[RULE_REPLACE] = {"replace", 4, "replace PATH WITH FILE"},
	[RULE_MODE] = {"mode", 3, "mode MODE GLOB"},
	[RULE_OWNER] = {"owner", 3, "owner UID:GID GLOB"},
};

static void rule_release(struct rule *rule)
{
	free(rule->text);
	free(rule->where);
	free(rule->pattern);
	free(rule->file);
}

void rules_release(struct rules *rules)
{
	for (size_t i = 0; i < rules->count; i++)
		rule_release(&rules->items[i]);
	array_release(rules);
}

/* A trailing slash means nothing to us: "/var/log/" is what a person means by "/var/log". */
static char *pattern_copy(const char *pattern)
{
	size_t length = strlen(pattern);

	while (length > 1 && pattern[length - 1] == '/')
		length--;
	return strndup(pattern, length);
}

static int parse_number(const char *text, int base, unsigned long limit, const char **ret_end,
			uint32_t *ret_number)
{
	unsigned long number;
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	number = strtoul(text, &end, base);
	if (errno || number > limit)
		return -EINVAL;
	*ret_end = end;
	*ret_number = (uint32_t)number;
	return 0;
}

static int parse_mode(struct rule *rule, const char *word)
{
	const char *end;

	return parse_number(word, 8, 07777, &end, &rule->mode) < 0 || *end ? -EINVAL : 0;
}

static int parse_owner(struct rule *rule, const char *word)
{
	const char *end;

	if (parse_number(word, 10, UINT32_MAX, &end, &rule->uid) < 0 || *end != ':' ||
	    parse_number(end + 1, 10, UINT32_MAX, &end, &rule->gid) < 0 || *end)
		return -EINVAL;
	return 0;
}

/* The words of a line, quotes taken off, in place; -E2BIG when there are more than WORDS_MAX. */
static int split_words(char *line, char *words[WORDS_MAX], size_t *ret_count)
{
	size_t count = 0;
	char *from = line, *to;

	for (;;) {
		bool quoted = false;

		from += strspn(from, " \t\r");
		if (!*from || *from == '#')
			break;
		if (count == WORDS_MAX)
			return -E2BIG;
		words[count++] = to = from;
		for (; *from && (quoted || !strchr(" \t\r", *from)); from++) {
			if (*from == '"')
				quoted = !quoted;
			else
				*to++ = *from;
		}
		if (quoted)
			return -EINVAL;
		from += *from != '\0';
		*to = '\0';
	}
	*ret_count = count;
	return 0;
}

static int find_verb(const char *word)
{
	for (int verb = 0; verb < RULE_VERBS; verb++)
		if (strcmp(verbs[verb].name, word) == 0)
			return verb;
	return -EINVAL;
}

/* What stands behind the verb; -EINVAL when it makes no sense. */
static int parse_operands(struct rule *rule, char **words, const char *directory)
{
	int r = 0;

	rule->pattern = pattern_copy(words[rule->verb == RULE_MODE || rule->verb == RULE_OWNER ? 2
											       : 1]);
	if (rule->verb == RULE_MODE) {
		r = parse_mode(rule, words[1]);
	} else if (rule->verb == RULE_OWNER) {
		r = parse_owner(rule, words[1]);
	} else if (rule->verb == RULE_REPLACE) {
		if (strcmp(words[2], "WITH") != 0 && strcmp(words[2], "with") != 0)
			return -EINVAL;
		rule->file = words[3][0] == '/' ? strdup(words[3]) : path_join(directory, words[3]);
		if (!rule->file)
			return -ENOMEM;
		if (!path_is_canonical(rule->pattern))
			return -EINVAL;
	}
	if (!rule->pattern)
		return -ENOMEM;
	return rule->pattern[0] ? r : -EINVAL;
}

static char *text_of_words(char **words, size_t count)
{
	struct text text = TEXT_INIT;

	for (size_t i = 0; i < count; i++)
		text_printf(&text, "%s%s", i ? " " : "", words[i]);
	return text_take(&text);
}

/* Parse one line into a rule at the end; an empty line adds none. `where` is for the messages. */
static int rules_parse(struct rules *rules, char *line, const char *where, const char *directory,
		       struct error *err)
{
	struct rule rule = {0};
	char *words[WORDS_MAX];
	size_t count;
	int r, verb;

	r = split_words(line, words, &count);
	if (r < 0)
		return error_set(err, -EINVAL, "%s: %s", where,
				 r == -E2BIG ? "too many words; put a name with blanks in quotes"
					     : "a quote is not closed");
	if (count == 0)
		return 0;
	verb = find_verb(words[0]);
	if (verb < 0)
		return error_set(err, -EINVAL, "%s: unknown rule '%s'", where, words[0]);
	rule.verb = (enum rule_verb)verb;
	r = count == verbs[verb].words ? 0 : -EINVAL;
	if (r == 0)
		r = parse_operands(&rule, words, directory);
	if (r == 0) {
		rule.text = text_of_words(words, count);
		rule.where = strdup(where);
		if (!rule.text || !rule.where || array_push(rules, rule) < 0)
			r = -ENOMEM;
	}
	if (r < 0)
		rule_release(&rule);
	if (r == -EINVAL)
		return error_set(err, r, "%s: this is not of the form '%s'", where,
				 verbs[verb].usage);
	return r < 0 ? error_oom(err) : 0;
}

int rules_add(struct rules *rules, enum rule_verb verb, const char *pattern, struct error *err)
{
	struct rule rule = {.verb = verb};

	if (!*pattern)
		return error_set(err, -EINVAL, "an empty pattern matches nothing");
	rule.pattern = pattern_copy(pattern);
	rule.where = strdup("the command line");
	if (asprintf(&rule.text, "%s %s", verbs[verb].name, pattern) < 0)
		rule.text = NULL;
	if (!rule.pattern || !rule.where || !rule.text || array_push(rules, rule) < 0) {
		rule_release(&rule);
		return error_oom(err);
	}
	return 0;
}

int rules_read(struct rules *rules, const char *path, struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	_cleanup_(freep) char *directory = NULL;
	unsigned int number = 0;
	char *next;
	int r;

	r = io_read_file(AT_FDCWD, path, RULES_SIZE_MAX, &text, err);
	if (r < 0)
		return r;
	if (strlen(text.bytes) != text.size)
		return error_set(err, -EINVAL, "%s: not a text file", path);
	directory = strchr(path, '/') ? path_parent(path) : strdup(".");
	if (!directory)
		return error_oom(err);
	for (char *line = text.bytes; line; line = next) {
		char where[512];

		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		snprintf(where, sizeof(where), "%s:%u", path, ++number);
		r = rules_parse(rules, line, where, directory, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The path itself or a directory above it matches. */
static bool match_upwards(const char *pattern, const char *path)
{
	char above[PATH_MAX];
	size_t length = strlen(path);

	if (path_match(pattern, path))
		return true;
	if (length >= sizeof(above))
		return false;
	memcpy(above, path, length + 1);
	for (char *slash; (slash = strrchr(above, '/')) && slash != above;) {
		*slash = '\0';
		if (path_match(pattern, above))
			return true;
	}
	return false;
}

bool rule_covers(const struct rule *rule, const char *path)
{
	switch (rule->verb) {
	case RULE_INCLUDE:
	case RULE_MODE:
	case RULE_OWNER:
		return path_match(rule->pattern, path);
	case RULE_INCLUDE_DIR:
	case RULE_EXCLUDE:
	case RULE_KEEP_EMPTY:
		return match_upwards(rule->pattern, path);
	case RULE_REPLACE:
		return strcmp(rule->pattern, path) == 0;
	default:
		return false;
	}
}

struct rules_verdict rules_judge(const struct rules *rules, const char *path)
{
	struct rules_verdict verdict = {-1, -1};

	for (int i = (int)rules->count - 1; i >= 0 && verdict.in < 0 && verdict.out < 0; i--) {
		const struct rule *rule = &rules->items[i];

		if (!rule_covers(rule, path))
			continue;
		if (rule->verb == RULE_INCLUDE || rule->verb == RULE_INCLUDE_DIR ||
		    rule->verb == RULE_REPLACE)
			verdict.in = i;
		else if (rule->verb == RULE_EXCLUDE)
			verdict.out = i;
		else if (rule->verb == RULE_KEEP_EMPTY)
			*(path_match(rule->pattern, path) ? &verdict.in : &verdict.out) = i;
	}
	return verdict;
}
