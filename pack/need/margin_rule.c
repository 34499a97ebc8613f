// SPDX-License-Identifier: BSD-2-Clause
#include "pack/need/margin_rule.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "pack/need/admission.h"

int margin_rule_add(const struct margin_rule *rule, const char *path)
{
	struct reason reason = {.kind = REASON_MARGIN, .from = rule->from};
	_cleanup_(freep) char *detail = NULL;
	int r;

	if (asprintf(&detail, "%s: %s", margin_name(rule->margin), rule->why) < 0)
		return error_oom(rule->err);
	reason.detail = detail;
	r = closure_add(rule->closure, path, CLOSURE_CONTENTS, &reason, -1, NULL, rule->err);
	return source_has_none(r) ? 0 : r;
}

/* One directory of a walk. */
struct level {
	struct margin_walk *walk;
	const struct source_entry *directory;
	bool empty;
};

static int walk_entry(struct margin_walk *walk, const struct source_entry *entry, dev_t dev);

static int walk_name(const char *name, void *data)
{
	struct level *level = data;
	_cleanup_(freep) char *path = path_join(level->directory->path, name);
	struct margin_walk *walk = level->walk;
	const struct source_entry *entry;
	int r;

	level->empty = false;
	if (!path)
		return error_oom(walk->rule->err);
	if (walk->left == 0)
		return -E2BIG;
	walk->left--;
	r = source_look(walk->rule->closure->source, path, &entry, walk->rule->err);
	return r < 0 ? r : walk_entry(walk, entry, level->directory->dev);
}

static int is_any(const char *name, void *data)
{
	(void)name;
	*(bool *)data = false;
	return 1;
}

static int walk_entry(struct margin_walk *walk, const struct source_entry *entry, dev_t dev)
{
	struct source *source = walk->rule->closure->source;
	struct level level = {walk, entry, true};
	int r;

	if (entry->kind == ENTRY_MISSING || entry->dev != dev || !walk->wanted(entry, walk->data))
		return 0;
	if (entry->kind == ENTRY_DIR) {
		r = closure_check_cancel(walk->rule->closure, walk->rule->err);
		if (r == 0)
			r = source_list(source, entry->path, is_any, &level.empty, walk->rule->err);
		if (r == -EACCES)
			return closure_warn(walk->rule->closure, "'%s' may not be listed by this user; no margin takes "
								 "along what is in it",
					    entry->path) < 0
				       ? error_oom(walk->rule->err)
				       : 0;
		if (r < 0)
			return r;
	}
	r = walk->visit(entry, level.empty, walk->data);
	if (r == 0 && entry->kind == ENTRY_DIR && !level.empty)
		r = source_list(source, entry->path, walk_name, &level, walk->rule->err);
	return r;
}

int margin_walk(struct margin_walk *walk, const char *path)
{
	const struct source_entry *entry;
	int r = source_look(walk->rule->closure->source, path, &entry, walk->rule->err);

	return r < 0 ? r : walk_entry(walk, entry, entry->dev);
}
