/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ecosystems: languages and libraries whose files go together by custom (pack/need/customs.h), and how
 * what they say is added to a closure.
 */
#ifndef PACK_NEED_ECOSYSTEM_H
#define PACK_NEED_ECOSYSTEM_H

#include <stddef.h>

#include "db/base/error.h"
#include "db/base/text.h"
#include "pack/need/closure.h"
#include "pack/need/margin.h"

/* Who asks for what goes with whom. */
struct ecosystem_call {
	const char *name;              /* of the ecosystem */
	enum margin margin;            /* MARGIN_NONE: whatever the margin is */
	struct closure_entry *trigger; /* with what it goes */
};

/* Add bytes of a path to a pattern, taken literally in it. */
void ecosystem_literal(struct text *text, const char *bytes, size_t size);

/*
 * Add a path if it exists, or all that a pattern matches. Paths that come from words and links in files
 * may lead anywhere.
 */
int ecosystem_add_path(struct closure *closure, const struct ecosystem_call *call, const char *path,
		       struct error *err);
int ecosystem_add(struct closure *closure, const struct ecosystem_call *call, const char *pattern,
		  struct error *err);

#endif
