/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Admission: how a path comes into a closure. Its reason is kept, whether it is in is decided, and
 * what every path that is in brings along follows: its parents, the target of a link, and the
 * question of what its contents need.
 */
#ifndef PACK_NEED_ADMISSION_H
#define PACK_NEED_ADMISSION_H

#include "db/base/error.h"
#include "pack/need/closure.h"

/*
 * Add the end of a path walk (a last link is not followed; its target follows by itself), for a
 * reason. rule: index of the rule that asks, or -1. 0, or -ENOENT, -ENOTDIR, -ELOOP when it leads
 * nowhere (the links on the way are in then), or another error. *ret_entry may be NULL.
 */
enum closure_flags { CLOSURE_CONTENTS = 1 << 0 };
int closure_add(struct closure *closure, const char *path, unsigned int flags,
		const struct reason *reason, int rule, struct closure_entry **ret_entry,
		struct error *err);

/*
 * Decide again whether an entry is in; when it is, and was not, or its contents now matter, queue
 * what follows from it.
 */
int closure_settle(struct closure *closure, struct closure_entry *entry, bool is_parent,
		   struct error *err);

/*
 * Look into the contents of an entry, as loaded from `origin` (NULL: where it is) with `inherited`
 * RPATHs (NULL: none); once for each such way. 0 or -ENOMEM.
 */
int closure_queue(struct closure *closure, struct closure_entry *entry, const char *origin,
		  const char *inherited);

#endif
