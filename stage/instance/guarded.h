/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guard of an instance and what it saw: a manifest for each package that the instance stood on,
 * app/APP/NAME/misses/DIGEST.db.
 */
#ifndef STAGE_INSTANCE_GUARDED_H
#define STAGE_INSTANCE_GUARDED_H

#include <stdbool.h>

#include "db/base/error.h"
#include "db/base/text.h"
#include "stage/instance/instance.h"
#include "stage/instance/look.h"
#include "stage/instance/run.h"
#include "stage/state/state.h"
#include "stage/watch/misses.h"

/* Where its guard notes, in a directory that is made; the caller frees. */
int guarded_manifest(struct state *state, const struct instance *instance, char **ret_path,
		     struct error *err);

/* What the package that it stands on was found to lack; judged: by that package's catalog. */
int guarded_misses(struct state *state, const struct look *look, bool judged, struct misses *ret_misses,
		   struct error *err);

/* Why one that is up is not well, in words; nothing when it is. */
int guarded_problem(struct state *state, const struct look *look, struct text *text, struct error *err);

/* Its run is over: until the guard's session is whole. A manifest without a miss goes. */
int guarded_settle(struct state *state, const struct instance *instance, const struct run *run,
		   struct error *err);

/*
 * Every manifest with a miss, of all packages that the instance stood on. What is in it is ended: what the guard
 * sees from now on is a session of its own.
 */
int guarded_collect(struct state *state, const struct look *look, spec_strings *ret_paths,
		    struct error *err);

#endif
