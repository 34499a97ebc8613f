/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Work: files of a closure whose contents are still to be looked into. A file may be looked into more
 * than once, as loaded from different places, but only once for each.
 */
#ifndef PACK_NEED_WORK_H
#define PACK_NEED_WORK_H

#include <stdbool.h>
#include <stddef.h>

#include "db/base/hash.h"
#include "pack/tree/arena.h"

struct closure_entry;

/* Look into the contents of an entry; as an ELF file that was loaded from a certain place. */
struct work {
	struct closure_entry *entry;
	const char *origin;    /* the directory it is loaded from; interned; NULL: where it is */
	const char *inherited; /* RPATHs of those that loaded it, expanded; interned; "" none */
};

/* All zero is empty. */
struct work_queue {
	struct work *items;
	size_t count, capacity;
	size_t done;      /* items that were taken */
	struct hash seen; /* what has been in it */
	struct arena memory;
};

void work_queue_release(struct work_queue *queue);
/* Put it at the end, unless it has been in before: 0 or -ENOMEM. */
int work_queue_add(struct work_queue *queue, const struct work *work);
/* The next; false when there is none. */
bool work_queue_take(struct work_queue *queue, struct work *ret_work);

#endif
