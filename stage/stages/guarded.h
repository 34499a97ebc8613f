/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A package tried under the guard: what it looked for, did not find, and the source has. A run that is alike
 * by accident is then seen, and each such path is named with its program and the margin that would bring it.
 */
#ifndef STAGE_STAGES_GUARDED_H
#define STAGE_STAGES_GUARDED_H

#include "db/base/error.h"
#include "stage/layer/guard.h"
#include "stage/stages/report.h"

/* All zero: none is up. */
struct guarded {
	struct guard guard;
	bool up;
};

/* Does a package know what its source had? One that does not cannot be guarded. */
int guarded_is_possible(const char *package, bool *ret_possible, struct error *err);

/*
 * In the namespaces of a trial, before its root is mounted. package: a mount of it, detached, for the guard
 * alone; manifest: absolute. *ret_layer goes below the packed one.
 */
int guarded_put_up(struct guarded *guarded, int package, const char *manifest, int *ret_layer,
		   struct error *err);
/* Before the root goes: what was seen is in the manifest. */
int guarded_take_down(struct guarded *guarded, struct error *err);

/* Afterwards: say what was missed. source: the root it was made from. */
int guarded_report(const struct report *report, const char *manifest, const char *package,
		   const char *source, struct error *err);

#endif
