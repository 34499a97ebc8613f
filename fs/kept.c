// SPDX-License-Identifier: BSD-2-Clause
#include "fs/kept.h"

#include <errno.h>
#include <stdlib.h>

int kept_init(struct kept *kept, size_t limit)
{
	*kept = (struct kept){.items = calloc(limit, sizeof(*kept->items))};
	if (!kept->items)
		return -ENOMEM;
	kept->limit = limit;
	return 0;
}

void kept_release(struct kept *kept)
{
	free(kept->items);
	*kept = (struct kept){0};
}

void *kept_add(struct kept *kept, void *item)
{
	void *before = kept->items[kept->next];

	kept->items[kept->next] = item;
	kept->next = (kept->next + 1) % kept->limit;
	kept->count += before == NULL;
	return before;
}

bool kept_has(const struct kept *kept, const void *item)
{
	for (size_t i = 0; i < kept->count; i++)
		if (kept->items[i] == item)
			return true;
	return false;
}
