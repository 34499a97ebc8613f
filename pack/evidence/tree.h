/* SPDX-License-Identifier: BSD-2-Clause */
/* Evidence of what a package has and no closure knows of. */
#ifndef PACK_EVIDENCE_TREE_H
#define PACK_EVIDENCE_TREE_H

#include "db/base/error.h"
#include "pack/evidence/evidence.h"
#include "pack/tree/tree.h"

/*
 * Add what stands below /rootfs of a package's tree and is in no evidence yet, for the reason
 * REASON_MADE: records that were trimmed, and the directories they are in.
 */
int evidence_add_tree(struct evidence *evidence, struct tree *tree, struct error *err);

#endif
