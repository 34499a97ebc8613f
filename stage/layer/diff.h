/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a layer changes of those below it, name by name in byte order: added, modified, deleted. A directory
 * is modified when its mode or owner is another; what is in a directory that was deleted is not named.
 */
#ifndef STAGE_LAYER_DIFF_H
#define STAGE_LAYER_DIFF_H

#include "db/base/error.h"
#include "stage/layer/fds.h"

/* what: 'A', 'M', 'D'; path is absolute in the root, borrowed. Non-zero ends it and comes back. */
typedef int (*diff_visit)(char what, const char *path, void *data);

int diff_each(int upper, const struct fds *lowers, diff_visit visit, void *data, struct error *err);

#endif
