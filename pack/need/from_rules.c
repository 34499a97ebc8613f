// SPDX-License-Identifier: BSD-2-Clause
#include "pack/need/from_rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "pack/distro/packages.h"
#include "pack/need/admission.h"
#include "pack/source/which.h"

/* One rule that asks for paths. */
struct asking {
	struct closure *closure;
	struct rule *rule;
	int index;
	struct error *err;
};

static int ask_for(const struct asking *asking, const char *path)
{
	struct reason reason = {REASON_RULE, NULL, asking->rule->text};
	int r;

	r = closure_add(asking->closure, path, CLOSURE_CONTENTS, &reason, asking->index, NULL,
			asking->err);
	if (source_has_none(r))
		return 0;
	asking->rule->matched += r == 0;
	return r;
}

static int ask_for_tree(const char *name, void *data);

/* A directory's contents, by its real path. */
struct descent {
	const struct asking *asking;
	const char *directory;
};

static int ask_below(const struct asking *asking, const struct source_entry *entry)
{
	struct descent descent = {asking, entry->path};
	int r = ask_for(asking, entry->path);

	if (r == 0 && entry->kind == ENTRY_DIR)
		r = source_list(asking->closure->source, entry->path, ask_for_tree, &descent,
				asking->err);
	return r;
}

static int ask_for_tree(const char *name, void *data)
{
	const struct descent *descent = data;
	_cleanup_(freep) char *path = path_join(descent->directory, name);
	const struct source_entry *entry;
	int r;

	if (!path)
		return error_oom(descent->asking->err);
	r = source_look(descent->asking->closure->source, path, &entry, descent->asking->err);
	return r < 0 ? r : ask_below(descent->asking, entry);
}

static int on_match(const struct source_entry *entry, void *data)
{
	const struct asking *asking = data;
	const struct source_entry *behind;

	if (asking->rule->verb != RULE_INCLUDE_DIR)
		return ask_for(asking, entry->path);
	if (entry->kind == ENTRY_LINK && source_walk(asking->closure->source, entry->path,
						     SOURCE_FOLLOW, NULL, NULL, &behind, NULL) == 0 &&
	    behind->kind == ENTRY_DIR) {
		int r = ask_for(asking, entry->path);

		return r < 0 ? r : ask_below(asking, behind);
	}
	return ask_below(asking, entry);
}

static int on_package_file(const char *path, void *data)
{
	return ask_for(data, path);
}

static int ask_for_program(struct asking *asking)
{
	const char *search_path = asking->closure->options.search_path;
	_cleanup_(freep) char *path = NULL;
	int r;

	r = which_find(asking->closure->source, search_path ? search_path : WHICH_PATH_DEFAULT, "/",
		       asking->rule->pattern, &path, NULL, asking->err);
	if (r == -ENOENT || r == -EACCES)
		return 0; /* matched stays 0, which is said in the end */
	return r < 0 ? r : ask_for(asking, path);
}

static int apply_rule(struct asking *asking)
{
	struct source *source = asking->closure->source;
	const struct rule *rule = asking->rule;
	_cleanup_(freep) char *pattern = NULL;

	switch (rule->verb) {
	case RULE_INCLUDE:
	case RULE_INCLUDE_DIR:
	case RULE_KEEP_EMPTY:
	case RULE_REPLACE:
		pattern = rule->pattern[0] == '/' ? strdup(rule->pattern)
						  : path_join("/**", rule->pattern);
		return pattern ? source_glob(source, pattern, on_match, asking, asking->err)
			       : error_oom(asking->err);
	case RULE_INCLUDE_PACKAGE:
		return packages_files(source, rule->pattern, on_package_file, asking, asking->err);
	case RULE_INCLUDE_BIN:
		return ask_for_program(asking);
	default:
		return 0;
	}
}

int closure_add_rules(struct closure *closure, struct error *err)
{
	struct rules *rules = closure->options.rules;
	int r = 0;

	for (size_t i = 0; rules && i < rules->count && r == 0; i++) {
		struct asking asking = {closure, &rules->items[i], (int)i, err};

		r = apply_rule(&asking);
	}
	return r;
}
