/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the traced runs wrote, as directories that engines can put something writable over while the root itself
 * is not. What that would hide is told apart: such a directory cannot be covered.
 */
#ifndef PACK_ENGINE_WRITTEN_H
#define PACK_ENGINE_WRITTEN_H

#include <stdbool.h>

#include "db/base/error.h"
#include "pack/engine/facts.h"
#include "pack/tree/tree.h"

/* A path that was written, and the directory that it takes. */
struct written_path {
	char *path, *directory; /* owned */
};

struct written_paths {
	bool known; /* somebody looked: that there is none means that nothing was written */
	struct written_path *items;
	size_t count, capacity;
};

/* Add one: 0 or -ENOMEM. */
int written_paths_add(struct written_paths *paths, const char *path, const char *directory);
void written_paths_release(struct written_paths *paths);

/*
 * Into facts->written and facts->written_over, which borrow from paths. root: what is packed. What is in /proc,
 * /sys, /dev, a tmpfs, a volume or a mount of the facts is writable already.
 */
int written_apply(const struct written_paths *paths, const struct node *root, struct facts *facts, struct error *err);

#endif
