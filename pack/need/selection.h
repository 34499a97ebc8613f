/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The selection: what the chosen sessions used of the source, one element a path, ordered by path.
 *
 * A path is selected when an operation found it there, whether or not the operation then succeeded:
 * mkdir(2) of what exists fails with EEXIST only as long as it exists. Files that a run created are
 * not selected; files it changed or deleted are, and are packed as the source has them.
 */
#ifndef PACK_NEED_SELECTION_H
#define PACK_NEED_SELECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/access.h"
#include "db/base/error.h"
#include "db/entry.h"
#include "db/manifest.h"
#include "db/session.h"
#include "pack/tree/intern.h"

/* How a path was used, by any of the sessions. */
enum use {
	USE_SEEN = 1 << 0,     /* looked up, stat, readlink, attributes: contents did not matter */
	USE_READ = 1 << 1,     /* opened, not only for writing */
	USE_WRITTEN = 1 << 2,  /* opened for writing, truncated */
	USE_EXECUTED = 1 << 3,
	USE_LISTED = 1 << 4,   /* a directory that was read */
	USE_MISSED = 1 << 5,   /* looked for in production, where it had been left out */
	USE_CHANGED = 1 << 6,  /* unlinked, renamed, its attributes set */
};

struct selected {
	char *path;
	struct found found;  /* as first seen by a session; target is NULL */
	unsigned int uses;   /* enum use */
	uint32_t sessions;   /* how many used it */
	uint32_t session;    /* the first of them: index into the session list */
	uint64_t first_seq;  /* there */
	int64_t first_ns;
	uint64_t missed;     /* operations of production, where it had been left out */
	enum access_op op;   /* the first, in its own order of importance: exec, open, the others */
	const char *exe;     /* whose it was; "" unknown */
};

struct selection {
	struct session_list sessions; /* the chosen ones, in the order in which they started */
	struct selected *items;
	size_t count, capacity;
	uint64_t created; /* paths left out because a run created them */
	uint64_t accesses; /* operations, found or not */
	uint64_t vain;    /* paths looked for in vain, and never found */
	struct intern strings;
};

#define SELECTION_INIT                                                                             \
	{                                                                                          \
		.count = 0                                                                         \
	}

/* Labels or uuids; a label may be a pattern. */
struct selection_filter {
	const char *const *only; /* none: all sessions */
	size_t only_count;
	const char *const *without;
	size_t without_count;
	bool allow_interrupted; /* also sessions that may not be whole */
	bool allow_open;        /* and those that still run */
	bool sessions_only;     /* what they used is not wanted */
};

/*
 * Read the sessions that pass the filter and what they used. -ENOENT when none passes or a filter
 * names no session; -EUCLEAN when one is not whole, -EBUSY when one still runs, with err saying how to
 * go on.
 */
int selection_from_sessions(struct manifest *manifest, const struct selection_filter *filter,
			    struct selection *ret_selection, struct error *err);
void selection_release(struct selection *selection);

/* When each element was first used, counted from 1 over all sessions; the caller frees. NULL: memory. */
uint64_t *selection_orders(const struct selection *selection);

/* Its contents mattered: it was opened or executed, not only looked at. */
static inline bool selected_is_read(const struct selected *selected)
{
	return selected->uses & (USE_READ | USE_EXECUTED);
}

/* The element with this path, or NULL. */
const struct selected *selection_find(const struct selection *selection, const char *path);

/*
 * The last session, of those that test if there are any: the others say what a package lacked, not how
 * it is started and from where. NULL: there is none.
 */
const struct session *selection_last(const struct session_list *sessions);
/* The session a person means: its uuid, its label (the last with it), or "last". NULL: none. */
const struct session *selection_session(const struct session_list *sessions, const char *name);

#endif
