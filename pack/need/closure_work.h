/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside the closure: what is still to be looked at. closure.c fills the queue and empties it,
 * closure_needs.c knows what a file needs, closure_ask.c what was asked for, closure_judge.c what
 * may not be in, closure_reason.c which reasons are worth keeping.
 */
#ifndef PACK_NEED_CLOSURE_WORK_H
#define PACK_NEED_CLOSURE_WORK_H

#include "db/base/array.h"
#include "pack/need/closure.h"

/* Look into the contents of an entry; as an ELF file that was loaded from a certain place. */
struct work {
	struct closure_entry *entry;
	const char *origin;    /* the directory it is loaded from; interned; NULL: where it is */
	const char *inherited; /* RPATHs of those that loaded it, expanded; interned; "" none */
};

/* A needed name that was not found in one of the ways its file is loaded. */
struct unresolved {
	const struct closure_entry *entry;
	const char *name; /* interned */
};

struct closure_work {
	struct {
		struct work *items;
		size_t count, capacity, done;
	} queue;
	struct hash seen; /* struct work_seen: what has been queued */
	struct {
		struct unresolved *items;
		size_t count, capacity;
	} unresolved;
};

/*
 * Look into the contents of an entry, as loaded from `origin` (NULL: where it is) with `inherited`
 * RPATHs (NULL: none); once for each such way. 0 or -ENOMEM.
 */
int closure_queue(struct closure *closure, struct closure_entry *entry, const char *origin,
		  const char *inherited);

/* Keep one more reason, its detail copied; not one that says nothing new. 0 or -ENOMEM. */
int closure_reason_add(struct closure *closure, struct closure_entry *entry,
		       const struct reason *reason);

/* What the contents of an entry need. */
int closure_expand(struct closure *closure, const struct work *work, struct error *err);
/* Needed names that are nowhere to be found, as warnings. */
int closure_report_unresolved(struct closure *closure, struct error *err);

/* Rules that name what is not traced: include…; and directories that were listed. */
int closure_apply_rules(struct closure *closure, struct error *err);

/* Decide whether an entry is in, for itself; reads a small file to see whether it is a secret. */
int closure_judge(struct closure *closure, struct closure_entry *entry, struct error *err);

/*
 * Decide again whether an entry is in; when it is, and was not, or its contents now matter, queue
 * what follows from it.
 */
int closure_settle(struct closure *closure, struct closure_entry *entry, bool is_parent,
		   struct error *err);

#endif
