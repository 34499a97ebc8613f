/* SPDX-License-Identifier: BSD-2-Clause */
/* The operator's own trees of a closure: which there are, who called for them, and how large they are. */
#ifndef PACK_NEED_OWN_TREE_H
#define PACK_NEED_OWN_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "db/base/error.h"
#include "pack/need/closure.h"
#include "pack/need/margin_work.h"

struct own_tree {
	char *top;                      /* a directory's real path */
	const char *what;               /* "a PostgreSQL database"; NULL: only the operator's own */
	const struct closure_entry *by; /* the first that was touched in it, or that names it */
	bool touched;                   /* something in it was */
	bool changed;                   /* and of that, a file that was there was written to or moved */
};

/* All zero is none. */
struct own_trees {
	struct own_tree *items; /* in the order in which they were found */
	size_t count, capacity;
};

/* "/srv/web" of "/srv/web/x/y"; NULL: it is in no such tree. The caller frees. */
char *own_tree_top(const char *path);

/* Those of which something was touched; with work also those that a touched text names. */
int own_trees_find(struct closure *closure, const struct margin_work *work, struct own_trees *trees,
		   struct error *err);
void own_trees_release(struct own_trees *trees);

/* A tree of which a part makes no sense. */
static inline bool own_tree_is_data(const struct own_tree *tree)
{
	return tree->what || tree->changed;
}

#endif
