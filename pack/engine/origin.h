/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a package comes from, as its sfc/package.json says, for the labels of an image that is made of it. */
#ifndef PACK_ENGINE_ORIGIN_H
#define PACK_ENGINE_ORIGIN_H

#include <stddef.h>

#include "db/base/error.h"

struct origin {
	char *source;   /* "sha256:…" of the source's catalog; or NULL */
	char *package;  /* its uuid; or NULL */
	char *sessions; /* the uuids of the sessions in its manifest, with a space between; or NULL */
};

enum { ORIGIN_MAX = 1024 * 1024 }; /* bytes of a package.json */

/* What is not as it has to be is -EBADMSG with err set. origin is all zero before; release it in any case. */
int origin_parse(const char *data, size_t size, struct origin *origin, struct error *err);
void origin_release(struct origin *origin);

#endif
