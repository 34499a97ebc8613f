/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The profile of a package, sfc/profile.json: what of the default confinement its sessions used nothing of and its
 * files could not make. It only takes away, so whoever made it, it gives nothing. Made where every session learned
 * (db/learned.h).
 */
#ifndef PACK_PACKAGE_PROFILE_H
#define PACK_PACKAGE_PROFILE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "db/base/array.h"
#include "db/base/error.h"
#include "db/manifest.h"
#include "pack/need/closure.h"
#include "pack/need/selection.h"
#include "pack/tree/tree.h"

enum { PROFILE_MAX = 64 << 10 };

struct profile {
	uint32_t families;                     /* of system calls it goes without, pack/elf/families.h */
	ARRAY(char *) capabilities;            /* "CAP_KILL", of those it goes without; NULL at their end */
};

/*
 * *ret_json: the profile of what these sessions used and of what is in the tree (below /rootfs); NULL where one did not learn. The
 * caller owns it.
 */
int profile_make(struct manifest *manifest, const struct selection *selection, const struct closure *closure,
		 const struct tree *tree, json_t **ret_json, struct error *err);

/* Takes what it goes without out of a list of capabilities. json: NULL, nothing. */
void profile_lessen(const json_t *json, json_t *capabilities);

/*
 * From the bytes of a file: -EBADMSG or -EFBIG with err set. Families that we do not know are none of ours to take
 * away. profile is all zero before, and to be released in any case.
 */
int profile_parse(const char *data, size_t size, struct profile *profile, struct error *err);
void profile_release(struct profile *profile);

#endif
