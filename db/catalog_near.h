/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The directories near what was used: those in which, or below which, something was used, looked for
 * in vain, or is said to be. catalog_fold.h keeps all of their names.
 */
#ifndef DB_CATALOG_NEAR_H
#define DB_CATALOG_NEAR_H

#include <stdbool.h>
#include <stddef.h>

#include "db/base/hash.h"
#include "db/manifest.h"

/* All zero is empty. */
struct catalog_near {
	struct hash directories; /* by path; with one all above it */
};

void catalog_near_release(struct catalog_near *near);
/* A directory and all above it: 0 or -ENOMEM. */
int catalog_near_add(struct catalog_near *near, const char *directory);
/* The directories of all that a session of the manifest had to do with. */
int catalog_near_add_accessed(struct catalog_near *near, struct manifest *manifest, struct error *err);

/* By the first bytes of a path. */
bool catalog_near_has(const struct catalog_near *near, const char *path, size_t length);

/* How much of an absolute path, canonical but perhaps cut, names its directory: 4 of "/usr/bin". */
size_t catalog_parent_length(const char *path, size_t length);

#endif
