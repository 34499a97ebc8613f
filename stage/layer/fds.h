/* SPDX-License-Identifier: BSD-2-Clause */
/* Directories of layers, open, the topmost first; each is closed with the list. */
#ifndef STAGE_LAYER_FDS_H
#define STAGE_LAYER_FDS_H

#include <unistd.h>

#include "db/base/array.h"

struct fds {
	int *items;
	size_t count, capacity;
};

static inline void fds_release(struct fds *fds)
{
	for (size_t i = 0; i < fds->count; i++)
		close(fds->items[i]);
	array_release(fds);
}

#endif
