/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Changes somebody asks for on the way from a source to an image: what stays out, who owns what is
 * in, with which mode. Rules are added in the order they were given.
 */
#ifndef PACK_SOURCE_OVERRIDES_H
#define PACK_SOURCE_OVERRIDES_H

#include <stdbool.h>
#include <stdint.h>

#include "db/base/array.h"
#include "db/base/error.h"
#include "pack/tree/tree.h"

enum override_kind { OVERRIDE_EXCLUDE, OVERRIDE_INCLUDE, OVERRIDE_OWNER, OVERRIDE_MODE };

struct override {
	enum override_kind kind;
	char *pattern; /* as path_match() takes it; NULL: everything; owned */
	uint32_t uid, gid, mode;
};

struct overrides {
	ARRAY(struct override) rules;
};

/*
 * The text of an option: a pattern for the first two kinds, "[PATTERN=]UID[:GID]" for owners,
 * "[PATTERN=]MODE" (octal) for modes. 0, -EINVAL when it is none of that, -ENOMEM.
 */
int overrides_add(struct overrides *overrides, enum override_kind kind, const char *text);
void overrides_release(struct overrides *overrides);

/* The first exclude or include that matches decides; without one it is wanted. */
bool overrides_wants(const struct overrides *overrides, const char *path);

/*
 * Remove what is not wanted, then set owners and modes; the last rule that matches decides. Modes of
 * links stay. `filter` false: what is not wanted is out already. 0 or -ENOMEM.
 */
int overrides_apply(const struct overrides *overrides, struct tree *tree, bool filter);

#endif
