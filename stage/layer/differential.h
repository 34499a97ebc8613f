/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Layers and bases as what others can have of them: what a layer holds, as a tree with whiteouts by name, and
 * the digest by which a base is known on whatever machine: what OCI calls a ChainID, over the tars of the bases
 * it stands on and its own. Reading a base whole costs as much as packing it, so its digest is kept beside it.
 */
#ifndef STAGE_LAYER_DIFFERENTIAL_H
#define STAGE_LAYER_DIFFERENTIAL_H

#include "db/base/digest.h"
#include "db/base/error.h"
#include "pack/source/scan.h"
#include "pack/tree/tree.h"
#include "stage/state/state.h"

enum { BASE_DIGEST_SIZE = 7 + DIGEST_HEX_SIZE };

/* "sha256:…" of a base that is ready. */
int base_digest(struct state *state, const char *name, char ret_digest[BASE_DIGEST_SIZE], struct error *err);

/* The contents of a layer's directory; the tree borrows from the scan, which the caller frees after it. */
int differential_scan(int upper, struct scan **ret_scan, struct tree **ret_tree, struct error *err);
/* And back: a tree with whiteouts by name into an empty directory of ours. */
int differential_extract(struct tree *tree, int upper, const volatile int *cancel, struct error *err);

#endif
