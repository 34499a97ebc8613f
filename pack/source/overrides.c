// SPDX-License-Identifier: BSD-2-Clause
#include "pack/source/overrides.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"

void overrides_release(struct overrides *overrides)
{
	for (size_t i = 0; i < overrides->rules.count; i++)
		free(overrides->rules.items[i].pattern);
	array_release(&overrides->rules);
}

static bool parse_number(const char *text, int base, uint32_t limit, const char **ret_end,
			 uint32_t *ret_number)
{
	unsigned long long number;
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	number = strtoull(text, &end, base);
	*ret_end = end;
	*ret_number = (uint32_t)number;
	return errno == 0 && number <= limit;
}

static int parse_owner(const char *text, struct override *rule)
{
	const char *end;

	if (!parse_number(text, 10, UINT32_MAX - 1, &end, &rule->uid))
		return -EINVAL;
	rule->gid = rule->uid;
	if (*end == ':' && !parse_number(end + 1, 10, UINT32_MAX - 1, &end, &rule->gid))
		return -EINVAL;
	return *end ? -EINVAL : 0;
}

static int parse_mode(const char *text, struct override *rule)
{
	const char *end;

	return parse_number(text, 8, 07777, &end, &rule->mode) && !*end ? 0 : -EINVAL;
}

int overrides_add(struct overrides *overrides, enum override_kind kind, const char *text)
{
	struct override rule = {.kind = kind};
	const char *equals = strrchr(text, '='), *value = text;
	int r = 0;

	if (kind == OVERRIDE_OWNER || kind == OVERRIDE_MODE) {
		value = equals ? equals + 1 : text;
		r = kind == OVERRIDE_OWNER ? parse_owner(value, &rule) : parse_mode(value, &rule);
	} else if (!*text) {
		r = -EINVAL;
	}
	if (r < 0)
		return r;
	if (value == text && kind != OVERRIDE_OWNER && kind != OVERRIDE_MODE)
		rule.pattern = strdup(text);
	else if (value != text)
		rule.pattern = strndup(text, (size_t)(equals - text));
	if ((value != text || kind < OVERRIDE_OWNER) && !rule.pattern)
		return -ENOMEM;
	if (array_push(&overrides->rules, rule) < 0) {
		free(rule.pattern);
		return -ENOMEM;
	}
	return 0;
}

static bool matches(const struct override *rule, const char *path)
{
	return !rule->pattern || path_match(rule->pattern, path);
}

bool overrides_wants(const struct overrides *overrides, const char *path)
{
	for (size_t i = 0; i < overrides->rules.count; i++) {
		const struct override *rule = &overrides->rules.items[i];

		if (rule->kind <= OVERRIDE_INCLUDE && matches(rule, path))
			return rule->kind == OVERRIDE_INCLUDE;
	}
	return true;
}

static int filter_children(const struct overrides *overrides, struct node *node)
{
	for (uint32_t i = node_child_count(node); i--;) {
		_cleanup_(freep) char *path = node_path(node_child_at(node, i));

		if (!path)
			return -ENOMEM;
		if (!overrides_wants(overrides, path))
			node_remove(node_child_at(node, i));
	}
	return 0;
}

static void apply_rule(const struct override *rule, struct inode *inode)
{
	if (rule->kind == OVERRIDE_OWNER) {
		inode->uid = rule->uid;
		inode->gid = rule->gid;
	}
	if (rule->kind == OVERRIDE_MODE && !S_ISLNK(inode->mode))
		inode->mode = (inode->mode & S_IFMT) | rule->mode;
}

struct visit {
	const struct overrides *overrides;
	bool filter;
};

static int override_node(struct node *node, void *data)
{
	const struct visit *visit = data;
	_cleanup_(freep) char *path = node_path(node);

	if (!path)
		return -ENOMEM;
	for (size_t i = 0; i < visit->overrides->rules.count; i++)
		if (matches(&visit->overrides->rules.items[i], path))
			apply_rule(&visit->overrides->rules.items[i], node->inode);
	return visit->filter ? filter_children(visit->overrides, node) : 0;
}

int overrides_apply(const struct overrides *overrides, struct tree *tree, bool filter)
{
	struct visit visit = {.overrides = overrides, .filter = filter};

	/* hard links are amended in the order of their paths, whatever order they were found in */
	if (!overrides->rules.count)
		return 0;
	tree_sort(tree);
	return tree_walk(tree, override_node, &visit);
}
