// SPDX-License-Identifier: BSD-2-Clause
#include "pack/need/need.h"

#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "pack/need/from_alternatives.h"
#include "pack/need/from_beside.h"
#include "pack/need/from_contents.h"
#include "pack/need/from_customs.h"
#include "pack/need/from_dlopen.h"
#include "pack/need/from_imports.h"
#include "pack/need/from_modules.h"
#include "pack/need/from_named.h"
#include "pack/need/from_packages.h"
#include "pack/need/from_rules.h"
#include "pack/need/from_trees.h"

static int compare_entries(const void *a, const void *b)
{
	const struct closure_entry *x = *(struct closure_entry *const *)a;
	const struct closure_entry *y = *(struct closure_entry *const *)b;

	return strcmp(x->file->path, y->file->path);
}

/* What the contents of files need, until none is left to look into. */
static int look_into_all(struct closure *closure, struct error *err)
{
	struct work work;
	int r = 0;

	while (r >= 0 && work_queue_take(&closure->work, &work)) {
		r = closure_check_cancel(closure, err);
		if (r == 0)
			r = closure_add_contents(closure, &work, err);
	}
	return r < 0 ? r : 0;
}

/* What contents and customs need, until nothing new comes. */
static int settle(struct closure *closure, struct error *err)
{
	size_t before;
	int r;

	do {
		before = closure->entries.count;
		r = look_into_all(closure, err);
		if (r == 0)
			r = closure_add_customs(closure, err);
	} while (r == 0 && (closure->entries.count > before ||
			    closure->work.done < closure->work.count));
	return r;
}

/* The rules that one level adds, in the order in which they are told. */
static int apply_level(struct closure *closure, enum margin margin, struct error *err)
{
	typedef int rule(struct closure *closure, struct error *err);
	static rule *const rules[MARGIN_LEVELS][5] = {
		[MARGIN_OWN] = {closure_add_empty_directories, closure_add_own_trees, closure_add_named},
		[MARGIN_NEAR] = {closure_add_named_directories, closure_add_languages,
				 closure_add_plugins, closure_add_opened, closure_add_imports},
		[MARGIN_MODULE] = {closure_add_modules},
		[MARGIN_PACKAGE] = {closure_add_packages, closure_add_alternatives},
		[MARGIN_DEPENDS] = {closure_add_dependencies},
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < 5 && rules[margin][i]; i++)
		r = rules[margin][i](closure, err);
	return r;
}

static int widen_to(struct closure *closure, enum margin margin, struct error *err)
{
	int r = 0;

	while (r == 0 && closure->margin < margin) {
		closure->margin++;
		r = apply_level(closure, closure->margin, err);
		if (r == 0)
			r = settle(closure, err);
	}
	return r;
}

int closure_widen(struct closure *closure, enum margin margin, struct error *err)
{
	int r = widen_to(closure, margin, err);

	if (r == 0)
		array_sort(&closure->entries, compare_entries);
	return r;
}

int closure_compute(struct closure *closure, struct error *err)
{
	int r = closure_add_rules(closure, err);

	if (r == 0)
		r = settle(closure, err);
	if (r == 0)
		r = widen_to(closure, closure->options.margin, err);
	if (r == 0)
		r = closure_report_unresolved(closure, err);
	if (r == 0)
		r = closure_report_data(closure, err);
	if (r < 0)
		return r;
	array_sort(&closure->entries, compare_entries);
	return 0;
}
