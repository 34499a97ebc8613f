// SPDX-License-Identifier: BSD-2-Clause
#include "pack/need/need.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "pack/need/from_contents.h"
#include "pack/need/from_customs.h"
#include "pack/need/from_rules.h"

static int compare_entries(const void *a, const void *b)
{
	const struct closure_entry *x = *(struct closure_entry *const *)a;
	const struct closure_entry *y = *(struct closure_entry *const *)b;

	return strcmp(x->file->path, y->file->path);
}

/* What the contents of files need, until none is left to look into. */
static int look_into_all(struct closure *closure, struct error *err)
{
	const volatile int *cancel = closure->options.cancel;
	struct work work;

	while (work_queue_take(&closure->work, &work)) {
		int r = cancel && *cancel ? -EINTR : closure_add_contents(closure, &work, err);

		if (r < 0)
			return r == -EINTR ? error_set(err, r, "interrupted") : r;
	}
	return 0;
}

int closure_compute(struct closure *closure, struct error *err)
{
	size_t before;
	int r;

	r = closure_add_rules(closure, err);
	do {
		before = closure->entries.count;
		if (r == 0)
			r = look_into_all(closure, err);
		if (r == 0)
			r = closure_add_customs(closure, err);
	} while (r == 0 && (closure->entries.count > before ||
			    closure->work.done < closure->work.count));
	if (r == 0)
		r = closure_report_unresolved(closure, err);
	if (r < 0)
		return r;
	array_sort(&closure->entries, compare_entries);
	return 0;
}
