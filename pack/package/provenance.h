/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a package comes from, as package.json of package(5) has it. What is returned is the
 * caller's; NULL: out of memory.
 */
#ifndef PACK_PACKAGE_PROVENANCE_H
#define PACK_PACKAGE_PROVENANCE_H

#include <jansson.h>

#include "db/base/digest.h"
#include "db/catalog_list.h"
#include "pack/need/selection.h"
#include "pack/source/source.h"

/* [{uuid, label, state}…] of the sessions that were selected. */
json_t *provenance_sessions(const struct selection *selection);

enum { PROVENANCE_DIGEST_SIZE = 7 + DIGEST_HEX_SIZE };

/*
 * What tells one source from another: "sha256:HEX" of its catalog, sorted, of each path its kind, its
 * size and its mode; so that it is the same however often and wherever that is packed. Of a folded catalog it is
 * what the sessions remember. "" when it is not known.
 */
int provenance_digest(const struct catalog_list *catalog, const struct selection *selection,
		      char ret_digest[PROVENANCE_DIGEST_SIZE], struct error *err);

/* {name, digest, os: {id, version, name}}: the last as os-release(5) there has it, or null. */
json_t *provenance_source(struct source *source, const char *name, const char *digest);

#endif
