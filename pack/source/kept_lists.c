// SPDX-License-Identifier: BSD-2-Clause
#include "pack/source/kept_lists.h"

#include <string.h>

void kept_lists_release(struct kept_lists *lists)
{
	hash_release(&lists->lists);
	arena_release(&lists->memory);
}

const struct kept_list *kept_lists_find(const struct kept_lists *lists, const char *name)
{
	uint64_t hash = hash_string(name);

	for (struct hash_link *l = hash_first(&lists->lists, hash); l; l = hash_next(l, hash)) {
		const struct kept_list *list = container_of(l, struct kept_list, link);

		if (strcmp(list->name, name) == 0)
			return list;
	}
	return NULL;
}

static char *copy(struct kept_lists *lists, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copied = arena_take(&lists->memory, size);

	return copied ? memcpy(copied, text, size) : NULL;
}

const struct kept_list *kept_lists_add(struct kept_lists *lists, const char *name, char *const *items,
				       size_t count)
{
	struct kept_list *list = arena_take(&lists->memory, sizeof(*list) + strlen(name) + 1);

	if (!list)
		return NULL;
	memcpy(list->name, name, strlen(name) + 1);
	list->count = count;
	list->items = arena_take(&lists->memory, (count + 1) * sizeof(*list->items));
	if (!list->items)
		return NULL;
	for (size_t i = 0; i < count; i++)
		if (!(list->items[i] = copy(lists, items[i])))
			return NULL;
	return hash_add(&lists->lists, &list->link, hash_string(name)) < 0 ? NULL : list;
}
