// SPDX-License-Identifier: BSD-2-Clause
#include "pack/need/customs.h"

#include <string.h>

#include "db/base/array.h"

static void custom_release(struct custom *custom)
{
	array_release(&custom->signs);
	array_release(&custom->unless);
	array_release(&custom->add);
}

void customs_release(struct customs *customs)
{
	for (size_t i = 0; i < customs->count; i++)
		custom_release(&customs->items[i]);
	array_release(customs);
	array_release(&customs->ecosystems);
	intern_release(&customs->symbols);
	intern_release(&customs->strings);
}

struct custom_ecosystem *customs_ecosystem(const struct customs *customs, const char *name)
{
	for (size_t i = 0; i < customs->ecosystems.count; i++)
		if (strcmp(customs->ecosystems.items[i].name, name) == 0)
			return &customs->ecosystems.items[i];
	return NULL;
}

void customs_switch(struct customs *customs, struct custom_ecosystem *ecosystem, bool off)
{
	ecosystem->off = off;
	for (size_t i = 0; i < customs->count; i++)
		if (customs->items[i].ecosystem == ecosystem->name)
			customs->items[i].off = off;
}

bool customs_turn_off(struct customs *customs, const char *name)
{
	bool all = strcmp(name, "all") == 0, found = all;

	for (size_t i = 0; i < customs->ecosystems.count; i++) {
		struct custom_ecosystem *ecosystem = &customs->ecosystems.items[i];

		if (!all && strcmp(ecosystem->name, name) != 0)
			continue;
		customs_switch(customs, ecosystem, true);
		found = true;
	}
	return found;
}

void customs_forget(struct customs *customs, const char *ecosystem)
{
	size_t kept = 0;

	for (size_t i = 0; i < customs->count; i++) {
		if (strcmp(customs->items[i].ecosystem, ecosystem) == 0)
			custom_release(&customs->items[i]);
		else
			customs->items[kept++] = customs->items[i];
	}
	customs->count = kept;
}
