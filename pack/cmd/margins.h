/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Margins compared: what each level would pack of a manifest, and how likely a feature that no run
 * exercised is to miss something. Each label is left out in turn, and what it used is looked for in what
 * the others bring.
 */
#ifndef PACK_CMD_MARGINS_H
#define PACK_CMD_MARGINS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/base/error.h"
#include "pack/need/margin.h"
#include "pack/report/chance.h"

struct margin_level {
	uint64_t files, bytes;   /* that are packed */
	uint64_t labels_missing; /* that missed something when they were left out */
	uint64_t paths_missing;  /* what they missed, in all */
	struct chance chance;    /* that a feature misses something */
};

struct margins {
	size_t labels; /* that could be left out; 0: there is one run only, and the chances are guesses */
	struct margin_level levels[MARGIN_LEVELS];
	json_t *left_out; /* for each label what is packed without it and what that misses; tracepack-stat(1) */
};

/*
 * manifest: also that of a package; source: NULL for the one that the manifest names; interrupted: also sessions
 * that may not be whole.
 */
int margins_read(const char *manifest, const char *source, bool interrupted, struct margins *ret_margins,
		 struct error *err);

void margins_release(struct margins *margins);

int margins_print(const struct margins *margins, struct error *err);
/* The levels, and of how many labels; without what each label misses. NULL: out of memory. */
json_t *margins_summary(const struct margins *margins);
/* The same with that. */
json_t *margins_json(const struct margins *margins);

#endif
