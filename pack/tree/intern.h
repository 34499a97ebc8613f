/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Strings kept once: equal strings come back as one pointer that lives as long as the table.
 */
#ifndef PACK_TREE_INTERN_H
#define PACK_TREE_INTERN_H

#include <stdbool.h>

#include "db/base/hash.h"
#include "pack/tree/arena.h"

/* All zero is an empty table. */
struct intern {
	struct hash strings;
	struct arena memory;
};

void intern_release(struct intern *intern);
/* The one copy; NULL when out of memory, or for NULL. */
const char *intern_string(struct intern *intern, const char *string);
/* Was it ever put in? */
bool intern_has(const struct intern *intern, const char *string);

#endif
