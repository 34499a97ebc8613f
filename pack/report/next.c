// SPDX-License-Identifier: BSD-2-Clause
#include "pack/report/next.h"

#include <stdlib.h>
#include <string.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"

enum { NEXT_MAX = 20 };

/* Of the files directly in a directory, by row. */
struct inside {
	uint64_t used, left, left_bytes;
	size_t example; /* row of the largest that was not used; 0: none has a row */
};

static void count_inside(const struct report_rows *rows, struct inside *inside)
{
	for (size_t i = 1; i < rows->rows.count; i++) {
		const struct report_row *row = &rows->rows.items[i];
		struct inside *in = &inside[row->parent];

		inside[i].left += row->left_files;
		inside[i].left_bytes += row->left_bytes;
		if (row->kind != ENTRY_FILE)
			continue;
		if (row->state != REPORT_OUT) {
			in->used += row->opens > 0 || row->session > 0;
			continue;
		}
		in->left++;
		in->left_bytes += row->size;
		if (!in->example || rows->rows.items[in->example].size < row->size)
			in->example = i;
	}
}

static int by_left(const void *a, const void *b)
{
	const struct report_next *x = a, *y = b;

	if (x->left != y->left)
		return x->left > y->left ? -1 : 1;
	return strcmp(x->path, y->path);
}

static int add_next(struct report_rows *rows, size_t at, const struct inside *inside)
{
	_cleanup_(freep) char *path = node_path(rows->rows.items[at].node);
	struct report_next next = {.used = inside->used, .left = inside->left, .left_bytes = inside->left_bytes};

	if (!path || !(next.path = intern_string(&rows->strings, path)))
		return -ENOMEM;
	if (inside->example)
		next.example = rows->rows.items[inside->example].name;
	return array_push(&rows->next, next);
}

int report_next_find(struct report_rows *rows, struct error *err)
{
	_cleanup_(freep) struct inside *inside = calloc(rows->rows.count + 1, sizeof(*inside));
	int r = 0;

	if (!inside)
		return error_oom(err);
	count_inside(rows, inside);
	for (size_t i = 0; i < rows->rows.count && r == 0; i++)
		if (inside[i].used && inside[i].left)
			r = add_next(rows, i, &inside[i]);
	if (r < 0)
		return error_oom(err);
	array_sort(&rows->next, by_left);
	if (rows->next.count > NEXT_MAX)
		rows->next.count = NEXT_MAX;
	return 0;
}
