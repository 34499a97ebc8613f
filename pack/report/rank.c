// SPDX-License-Identifier: BSD-2-Clause
#include "pack/report/rank.h"

#include <stdlib.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"

static int by_first_use(const void *a, const void *b)
{
	const struct report_row *x = *(struct report_row *const *)a;
	const struct report_row *y = *(struct report_row *const *)b;

	if (x->session != y->session)
		return x->session < y->session ? -1 : 1;
	return x->first_seq < y->first_seq ? -1 : x->first_seq > y->first_seq;
}

int report_rank(struct report_rows *rows, struct error *err)
{
	_cleanup_(freep) struct report_row **used = calloc(rows->rows.count, sizeof(*used));
	size_t count = 0;

	if (!used)
		return error_oom(err);
	for (size_t i = 0; i < rows->rows.count; i++)
		if (rows->rows.items[i].session)
			used[count++] = &rows->rows.items[i];
	sort_items(used, count, sizeof(*used), by_first_use);
	for (size_t i = 0; i < count; i++)
		used[i]->rank = i + 1;
	return 0;
}
