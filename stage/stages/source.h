/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * --root: the root file system that something is traced in or compared with, as a directory. What is one is
 * taken where it is; archives, images, packages and debian: lines are unpacked below a scratch directory, dev
 * names and bases are mounted for nobody to write.
 */
#ifndef STAGE_STAGES_SOURCE_H
#define STAGE_STAGES_SOURCE_H

#include <stdbool.h>

#include "db/base/error.h"
#include "pack/oci/carrier.h"
#include "stage/layer/scratch.h"
#include "stage/layer/start.h"
#include "stage/state/state.h"

struct source_root {
	char *path;               /* absolute, without links */
	bool outside;             /* of the host's, whose owners a plain user sees only outside of his namespace */
	struct layer_start start; /* what it says of its start, if it does */
	char *image;              /* the file with the configuration of the image that it was; or NULL */
};

/*
 * root NULL: the host's own; access: how images are reached, or NULL. In a mount namespace of our own. -ENOENT:
 * there is no such root; -EINTR: a signal told us to end (stage/cancel.h), and nothing is left. What it says of
 * its start points into it: it stays where it is.
 */
int source_root_open(struct state *state, const char *root, const struct carrier_options *access,
		     const struct scratch *scratch, struct source_root *ret_source, struct error *err);
/* What a base says of its start, if it does. */
int source_start_of_base(struct state *state, const char *base, struct layer_start *start, struct error *err);
void source_root_release(struct source_root *source);

/* Is there something at this path of a root, a link where it is one? */
bool source_has(const char *root, const char *path);

#endif
