/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The last so many things of a kind, the oldest leaving when one more comes: of nodes that the kernel
 * has forgotten, for which it may hold a file handle still (open_by_handle_at(2), NFS).
 *
 * There is no lock in here: all calls on one are made under one of the caller's.
 */
#ifndef FS_KEPT_H
#define FS_KEPT_H

#include <stdbool.h>
#include <stddef.h>

struct kept {
	void **items;
	size_t limit; /* 0: nothing is kept */
	size_t count;
	size_t next; /* where the next one goes, in place of the oldest once it is full */
};

/* 0 or -ENOMEM, and nothing is kept. */
int kept_init(struct kept *kept, size_t limit);
void kept_release(struct kept *kept);

/* Who had to leave for it, or NULL. */
void *kept_add(struct kept *kept, void *item);
bool kept_has(const struct kept *kept, const void *item);

#endif
