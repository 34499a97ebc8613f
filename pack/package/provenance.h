/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a package comes from, as package.json of package(5) has it. What is returned is the
 * caller's; NULL: out of memory.
 */
#ifndef PACK_PACKAGE_PROVENANCE_H
#define PACK_PACKAGE_PROVENANCE_H

#include <jansson.h>

#include "pack/need/selection.h"
#include "pack/source/source.h"

/* [{uuid, label, state}…] of the sessions that were selected. */
json_t *provenance_sessions(const struct selection *selection);

/* {path, id, version, name} of the root: all but the path as os-release(5) there has it, or null. */
json_t *provenance_source(struct source *source);

#endif
