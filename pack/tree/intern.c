// SPDX-License-Identifier: BSD-2-Clause
#include "pack/tree/intern.h"

#include <string.h>

struct interned {
	struct hash_link link;
	char text[];
};

void intern_release(struct intern *intern)
{
	hash_release(&intern->strings);
	arena_release(&intern->memory);
}

static struct interned *find(const struct intern *intern, const char *string, uint64_t hash)
{
	for (struct hash_link *l = hash_first(&intern->strings, hash); l; l = hash_next(l, hash)) {
		struct interned *interned = container_of(l, struct interned, link);

		if (strcmp(interned->text, string) == 0)
			return interned;
	}
	return NULL;
}

bool intern_has(const struct intern *intern, const char *string)
{
	return find(intern, string, hash_string(string)) != NULL;
}

const char *intern_string(struct intern *intern, const char *string)
{
	struct interned *interned;
	uint64_t hash;
	size_t size;

	if (!string)
		return NULL;
	hash = hash_string(string);
	interned = find(intern, string, hash);
	if (interned)
		return interned->text;
	size = strlen(string) + 1;
	interned = arena_take(&intern->memory, sizeof(*interned) + size);
	if (!interned)
		return NULL;
	memcpy(interned->text, string, size);
	return hash_add(&intern->strings, &interned->link, hash) < 0 ? NULL : interned->text;
}
