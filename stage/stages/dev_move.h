/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A name of `sfc dev` on its way to another state: its layer alone, as an OCI image of one layer over a base
 * that is named by its digest and must be there.
 */
#ifndef STAGE_STAGES_DEV_MOVE_H
#define STAGE_STAGES_DEV_MOVE_H

#include <stdint.h>

#include "db/base/error.h"
#include "stage/layer/differential.h"
#include "stage/state/state.h"

struct dev_moved {
	char base[BASE_DIGEST_SIZE]; /* its digest */
	char *base_name;	     /* what it is called here; owned */
	uint64_t size;		     /* of the layer, bytes; 0: not known */
};

void dev_moved_release(struct dev_moved *moved);

/* To a descriptor. -EBUSY: somebody is in it. *ret_moved is all zero before. */
int dev_export(struct state *state, const char *name, int fd, struct dev_moved *ret_moved, struct error *err);

/* From a file, "-" is standard input. -ENOENT: its base is not here; max_size: as in root_options. */
int dev_import(struct state *state, const char *name, const char *path, uint64_t max_size,
	       const volatile int *cancel, struct dev_moved *ret_moved, struct error *err);

#endif
