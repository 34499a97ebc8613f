// SPDX-License-Identifier: BSD-2-Clause
#include "pack/need/margin_work.h"

#include <stdlib.h>

#include "db/base/array.h"

void margin_work_free(struct margin_work *work)
{
	if (!work)
		return;
	intern_release(&work->names);
	array_release(&work->named);
	free(work);
}

int margin_work_of(struct closure *closure, struct margin_work **ret_work, struct error *err)
{
	int r = known_source_read_records(closure->known, err);

	if (r < 0)
		return r;
	if (!closure->margin_work) {
		closure->margin_work = calloc(1, sizeof(*closure->margin_work));
		if (!closure->margin_work)
			return error_oom(err);
		closure->margin_work->known = closure->known;
	}
	*ret_work = closure->margin_work;
	return 0;
}
