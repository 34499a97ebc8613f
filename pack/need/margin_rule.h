/* SPDX-License-Identifier: BSD-2-Clause */
/* One rule of the margin at work: who asks for paths, at which level and why, and how they come in. */
#ifndef PACK_NEED_MARGIN_RULE_H
#define PACK_NEED_MARGIN_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "db/base/error.h"
#include "pack/need/closure.h"
#include "pack/need/margin.h"

struct margin_rule {
	struct closure *closure;
	enum margin margin;
	const struct closure_entry *from; /* what called for it, or NULL */
	const char *why;                  /* "named in /etc/x.conf", in a few words */
	struct error *err;
};

/* Add what is at a path, if anything is; contents: of a file they matter. */
int margin_rule_add(const struct margin_rule *rule, const char *path);

/* A tree is walked by this: entry for entry, directories before what is in them. */
struct margin_walk {
	const struct margin_rule *rule;
	/* Is this one to be visited, and descended into? */
	bool (*wanted)(const struct source_entry *entry, void *data);
	int (*visit)(const struct source_entry *entry, bool empty, void *data);
	void *data;
	uint64_t left; /* names that may still be looked at */
};

/* How many names a rule looks at before it gives up. */
#define MARGIN_WALK_NAMES (1UL << 20)

/*
 * Walk what is at a real path. 0, what a visitor returned that was not 0, or -E2BIG (without a message)
 * when there was more than may be looked at. Nothing below another mount is visited.
 */
int margin_walk(struct margin_walk *walk, const char *path);

/* It was used by a session, and is in. */
static inline bool margin_is_touched(const struct closure_entry *entry)
{
	return entry->selected && closure_entry_in(entry);
}

#endif
