/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a package says of itself: its sfc/package.json (package(5)), each member that is looked at checked
 * for its type. Whatever is in it was written by whoever made the package.
 */
#ifndef PACK_PACKAGE_DESCRIPTION_H
#define PACK_PACKAGE_DESCRIPTION_H

#include <stddef.h>
#include <stdint.h>

#include "db/base/array.h"
#include "db/base/digest.h"
#include "db/base/error.h"

struct description_part {
	char *path; /* in the package, "config.json" */
	uint64_t size;
	char sha256[DIGEST_HEX_SIZE];
};

struct description {
	char *name, *version, *uuid; /* NULL: not said. Paths are spelled as json_path() does */
	ARRAY(struct description_part) parts;
};

/* description is all zero before; to be released in any case. -EBADMSG or -EFBIG with err set. */
int description_parse(const char *data, size_t size, struct description *description,
		      struct error *err);
void description_release(struct description *description);

#endif
