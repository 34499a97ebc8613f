/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pack what the test stage saw a dev name use: tracepack build on a view of it that nobody else has. An image is
 * made of the package.
 */
#ifndef STAGE_STAGES_PACK_H
#define STAGE_STAGES_PACK_H

#include <stdbool.h>

#include "db/base/error.h"
#include "db/base/text.h"
#include "pack/oci/carrier.h"
#include "pack/oci/reference.h"
#include "stage/spec/spec.h"
#include "stage/state/state.h"

struct pack_request {
	const char *name, *output;
	const struct reference *image; /* the output, when it is an image; else NULL */
	const struct carrier_options *access; /* how that is reached */
	const spec_strings *changes; /* to what it says of itself */
	const char *app;             /* what the package is called */
	const spec_strings *misses;  /* applications whose guards' sessions are added to those of the name */
	const spec_strings *packer;  /* options as tracepack build takes them */
	const spec_strings *args;    /* start it so instead; count 0: as the last session did */
	bool force, dry_run, json, quiet;
};

/*
 * tracepack's status, or a negative errno. What it said is added to `said`, its lines begin "tracepack: ".
 * Mounts are our own from then on.
 */
int pack_run(struct state *state, const struct pack_request *request, struct text *said,
	     struct error *err);

#endif
