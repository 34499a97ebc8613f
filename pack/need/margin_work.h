/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the rules of the margin remember of a closure's source: which files the distribution's packages
 * have, whether it is this machine's own root, and what touched texts name. Read when first asked for.
 */
#ifndef PACK_NEED_MARGIN_WORK_H
#define PACK_NEED_MARGIN_WORK_H

#include <stdbool.h>
#include <stddef.h>

#include "db/base/error.h"
#include "pack/distro/distribution.h"
#include "pack/need/closure.h"
#include "pack/source/source.h"
#include "pack/tree/intern.h"

/* A path that a touched text names, and what is there. */
struct margin_named {
	const struct source_entry *file; /* behind all links; never missing */
	const char *path;                /* as it was named, canonical; interned */
	const struct closure_entry *by;
};

struct margin_work {
	struct distribution distribution; /* of no packages where there are no records that can be read */
	struct intern owned;              /* real paths that a package has */
	bool host;                        /* the source is the root of this machine */
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

/* The source is the root of this machine. */
bool margin_work_is_host(const struct source *source);

/* Records say who has what; without any nobody can tell what is the operator's own. */
static inline bool margin_work_knows_packages(const struct margin_work *work)
{
	return work->distribution.count > 0;
}

#endif
