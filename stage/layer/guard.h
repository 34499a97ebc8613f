/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The miss guard: a second lower layer under the packed one, a tracefs that is asked only for what the
 * package does not have. Hits stay in the package, at its own speed.
 *
 *	without a source   the guard shows the package's directories, empty: a lookup that reaches it fails as
 *	                   it would without, and is noted
 *	with one           the full tree: the file is served, and noted
 *
 * What the package's catalog does not know never existed, and is not noted.
 *
 * The tracefs stands in a mount namespace of its own, in which its mount has no place: what the overlay above
 * holds is all there is of it. So it ends with the last process of the instance, a kill included, and its
 * session with it.
 */
#ifndef STAGE_LAYER_GUARD_H
#define STAGE_LAYER_GUARD_H

#include <stdbool.h>

#include "db/base/error.h"
#include "db/base/process.h"
#include "stage/state/state.h"

enum { GUARD_DEVICE_SIZE = 24 };

/* By which one that is up is found again. */
struct guard {
	struct process daemon; /* pid 0: there is none */
	char device[GUARD_DEVICE_SIZE]; /* of its mount, "MAJOR:MINOR": tracefs is asked by it */
};

#define GUARD_INIT                                                                                 \
	{                                                                                          \
		.device = ""                                                                       \
	}

/*
 * What heals, read-only, detached: a name of sfc dev, or a directory. It is opened by who has the database; what
 * follows needs none.
 */
int guard_open_source(struct state *state, const char *source, int *ret_tree, struct error *err);

struct guard_request {
	int package;          /* its mount, detached, for the guard alone */
	int tree;             /* what heals, likewise; -1: nothing */
	const char *manifest; /* absolute; made if it is not there */
	const char *label;    /* of its session: "web/1" */
};

/* *ret_mount: the layer, detached, whose end is the guard's. */
int guard_begin(const struct guard_request *request, struct guard *ret_guard, int *ret_mount,
		struct error *err);

bool guard_is_alive(const struct guard *guard);
/* All that it has seen is in the manifest when this returns; 0 also where it is no more. */
int guard_flush(const struct guard *guard, struct error *err);
/* What it sees from now on is a session of its own. */
int guard_mark(const struct guard *guard, const char *label, struct error *err);
/* Nothing holds its layer any more: until its session is whole. */
int guard_settle(const struct guard *guard, struct error *err);

/* Is this what heals: a name of sfc dev, or a directory? -ENOENT. */
int guard_check_source(struct state *state, const char *source, struct error *err);

#endif
