/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the rules of the margin remember of a closure: what its touched texts name, and what is known of its
 * source, with the records of packages. Read when first asked for.
 */
#ifndef PACK_NEED_MARGIN_WORK_H
#define PACK_NEED_MARGIN_WORK_H

#include <stdbool.h>
#include <stddef.h>

#include "db/base/error.h"
#include "pack/need/closure.h"
#include "pack/need/known_source.h"
#include "pack/source/source.h"
#include "pack/tree/intern.h"

/* A path that a touched text names, and what is there. */
struct margin_named {
	const struct source_entry *file; /* behind all links; never missing */
	const char *path;                /* as it was named, canonical; interned */
	const struct closure_entry *by;
};

struct margin_work {
	struct known_source *known; /* the closure's */
	struct {
		struct margin_named *items;
		size_t count, capacity;
	} named;
	bool named_read;
	struct intern names; /* that are among them */
};

/* The one of a closure, made now if it was not. */
int margin_work_of(struct closure *closure, struct margin_work **ret_work, struct error *err);
void margin_work_free(struct margin_work *work);

#endif
