// SPDX-License-Identifier: BSD-2-Clause
#include "pack/need/from_trees.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/text.h"
#include "pack/need/from_named.h"
#include "pack/need/margin_rule.h"
#include "pack/need/own_tree.h"

#define TREE_MAX (256ULL << 20) /* bytes of a tree that comes by itself */

/* ---- walks ---- */

/* A tree that is measured, or taken. */
struct taking {
	const struct margin_rule *rule;
	const struct margin_work *work; /* NULL: what packages have counts too */
	uint64_t files, bytes;          /* that it has, as far as the margin may take them */
	uint64_t in;                    /* files that are in already */
};

static bool is_left_out(const struct taking *taking, const char *path)
{
	const struct rules *rules = taking->rule->closure->options.rules;

	return rules && rules_judge(rules, path).out >= 0;
}

static bool may_be_taken(const struct source_entry *entry, void *data)
{
	const struct taking *taking = data;

	return !is_left_out(taking, entry->path);
}

static bool is_owned(const struct taking *taking, const struct source_entry *entry)
{
	return taking->work && intern_has(&taking->work->known->owned, entry->path);
}

static int measure(const struct source_entry *entry, bool empty, void *data)
{
	struct taking *taking = data;
	const struct closure_entry *known;

	(void)empty;
	if (entry->kind != ENTRY_FILE || is_owned(taking, entry))
		return 0;
	known = closure_find(taking->rule->closure, entry->path);
	taking->files++;
	taking->bytes += entry->size;
	taking->in += known && closure_entry_in(known);
	return 0;
}

static int take_entry(const struct source_entry *entry, bool empty, void *data)
{
	struct taking *taking = data;

	(void)empty;
	return is_owned(taking, entry) ? 0 : margin_rule_add(taking->rule, entry->path);
}

static int walk(struct taking *taking, const char *top,
		int (*visit)(const struct source_entry *entry, bool empty, void *data))
{
	struct margin_walk walk = {taking->rule, may_be_taken, visit, taking, MARGIN_WALK_NAMES};

	return margin_walk(&walk, top);
}

/* ---- empty directories ---- */

static bool is_any(const struct source_entry *entry, void *data)
{
	(void)data;
	return entry->kind == ENTRY_DIR;
}

static int take_empty(const struct source_entry *entry, bool empty, void *data)
{
	return empty ? margin_rule_add(data, entry->path) : 0;
}

/* Of the host's root nobody wants all that; what texts name comes by another rule. */
int closure_add_empty_directories(struct closure *closure, struct error *err)
{
	struct margin_rule rule = {closure, MARGIN_OWN, NULL, "an empty directory of the source", err};
	struct margin_walk walk = {&rule, is_any, take_empty, &rule, MARGIN_WALK_NAMES};
	struct margin_work *work;
	int r = margin_work_of(closure, &work, err);

	if (r < 0 || work->known->host)
		return r;
	r = margin_walk(&walk, "/");
	if (r == -E2BIG)
		r = closure_warn(closure, "the source has more than %lu names: not all of its empty "
					  "directories are in", MARGIN_WALK_NAMES) < 0
			    ? error_oom(err)
			    : 0;
	return r;
}

/* ---- own trees and data ---- */

/* "the tree /srv/x (1.2 GB) stays as it was traced: … " */
static int say_as_traced(struct closure *closure, const struct own_tree *tree,
			 const struct taking *taking, bool whole, const char *because, struct error *err)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;

	text_add_escaped(&text, tree->top);
	text_add(&text, tree->what ? ", " : "");
	text_add(&text, tree->what ? tree->what : "");
	text_printf(&text, " (%s", whole ? "" : "more than ");
	text_add_size(&text, taking->bytes);
	text_printf(&text, "), is packed as it was traced, %llu of %llu files: it %s; --include '",
		    (unsigned long long)taking->in, (unsigned long long)taking->files, because);
	text_add_escaped(&text, tree->top);
	text_add(&text, "/**' takes it whole, --volume at its start gives it from outside");
	return text_failed(&text) || closure_warn(closure, "%s", text.bytes) < 0 ? error_oom(err) : 0;
}

static int add_tree(struct closure *closure, const struct margin_work *work, const struct own_tree *tree,
		    struct error *err)
{
	_cleanup_(freep) char *why = NULL;
	struct margin_rule rule = {closure, MARGIN_OWN, tree->by, NULL, err};
	struct taking taking = {&rule, own_tree_is_data(tree) ? NULL : work, 0, 0, 0};
	const char *because = NULL;
	int r;

	if (asprintf(&why, "%s %s", tree->what ? tree->what : "the operator's own tree", tree->top) < 0)
		return error_oom(err);
	rule.why = why;
	r = walk(&taking, tree->top, measure);
	if (r < 0 && r != -E2BIG)
		return r;
	if (work->known->host)
		because = "is of this machine's own root";
	else if (r == -E2BIG || taking.bytes > TREE_MAX)
		because = "is larger than what comes by itself, 256 MiB";
	if (!because)
		return walk(&taking, tree->top, take_entry);
	return taking.in == taking.files && r == 0
		       ? 0
		       : say_as_traced(closure, tree, &taking, r == 0, because, err);
}

int closure_add_own_trees(struct closure *closure, struct error *err)
{
	struct own_trees trees = {0};
	struct margin_work *work;
	int r = margin_work_of(closure, &work, err);

	if (r == 0)
		r = named_read(closure, work, err);
	if (r == 0)
		r = own_trees_find(closure, work, &trees, err);
	/* where nobody knows what is whose, only what is data is taken whole */
	for (size_t i = 0; r == 0 && i < trees.count; i++)
		if (known_source_has_packages(work->known) || own_tree_is_data(&trees.items[i]))
			r = add_tree(closure, work, &trees.items[i], err);
	own_trees_release(&trees);
	return r;
}

/* ---- what is packed in part ---- */

static int report_tree(struct closure *closure, const struct own_tree *tree, struct error *err)
{
	struct margin_rule rule = {closure, MARGIN_NONE, tree->by, "", err};
	struct taking taking = {&rule, NULL, 0, 0, 0};
	_cleanup_(text_release) struct text text = TEXT_INIT;
	int r = walk(&taking, tree->top, measure);

	if (r < 0 && r != -E2BIG)
		return r;
	if (taking.in == 0 || (r == 0 && taking.in == taking.files))
		return 0;
	text_add_escaped(&text, tree->top);
	if (tree->what)
		text_printf(&text, " is %s of which", tree->what);
	else
		text_add(&text, " was written to, and of its files");
	text_printf(&text, " %llu of %llu are packed", (unsigned long long)taking.in,
		    (unsigned long long)taking.files);
	text_add(&text, ": a part of it makes no sense; --margin own packs all ");
	text_add_size(&text, taking.bytes);
	text_add(&text, ", --volume at its start gives it from outside");
	return text_failed(&text) || closure_warn(closure, "%s", text.bytes) < 0 ? error_oom(err) : 0;
}

int closure_report_data(struct closure *closure, struct error *err)
{
	struct own_trees trees = {0};
	bool host = closure->known->host;
	int r = closure->margin == MARGIN_NONE ? own_trees_find(closure, NULL, &trees, err) : 0;

	/* who works below /home or /opt of his own machine writes there, and knows that it is his */
	for (size_t i = 0; r == 0 && i < trees.count; i++)
		if (host ? trees.items[i].what != NULL : own_tree_is_data(&trees.items[i]))
			r = report_tree(closure, &trees.items[i], err);
	own_trees_release(&trees);
	return r;
}
