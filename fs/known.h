/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The paths worth recording, where that is not all: those that the catalog of a manifest knows and
 * another directory does not have. A guard below a package records by it what the package was made
 * without, and is not filled by names that never were. Costs 16 bytes a path, whatever its length:
 * paths go by their hashes, and one in many billions may pass that should not.
 *
 * Of a directory that is folded in the catalog it is not known which names it had: any name may have
 * been one, and passes.
 *
 * Read-only once it is open, so threads need no lock.
 */
#ifndef FS_KNOWN_H
#define FS_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/base/error.h"

struct known {
	uint64_t *table; /* hashes with open addressing, 0 is empty; NULL: every path passes */
	size_t mask;     /* one less than the slots, which are a power of two */
	size_t count;    /* paths, and folded directories once more */
	int except;      /* what is in this directory does not pass; -1 none */
};

#define KNOWN_INIT {.except = -1}

/* except may be NULL. A manifest without a catalog is refused. */
int known_open(struct known *known, const char *manifest, const char *except, struct error *err);
void known_release(struct known *known);

/* Is it worth recording? */
bool known_has(const struct known *known, const char *path);

/*
 * Somebody named a path, and looking it up ended at `missing`, a part of it. What was it on the way
 * to, as far as the catalog knows? "/opt/deep", "../deep/lib/a.so" → "/opt/deep/lib/a.so". NULL when
 * it was wanted itself, or when that cannot be told; the caller frees.
 */
char *known_below(const struct known *known, const char *missing, const char *named);

#endif
