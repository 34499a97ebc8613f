/* SPDX-License-Identifier: BSD-2-Clause */
/* A package put where an image can be: what slim and pack do for -o IMAGE. */
#ifndef STAGE_STAGES_DELIVER_H
#define STAGE_STAGES_DELIVER_H

#include <stdbool.h>

#include "db/base/error.h"
#include "db/base/text.h"
#include "pack/oci/carrier.h"
#include "pack/oci/reference.h"
#include "stage/spec/spec.h"

struct delivery {
	const char *package;
	const struct reference *to;
	const char *name;                     /* where that says none; or NULL */
	const struct carrier_options *access; /* how it is reached */
	const spec_strings *changes;          /* as pack/oci/change.h has them */
	const char *tmpdir;                   /* a directory of ours */
	bool force;                           /* replace what is there */
};

/*
 * What is to be said beside is added to `said`. -EINTR: a signal told us to end (stage/cancel.h), and nothing
 * is left on the way.
 */
int deliver(const struct delivery *delivery, struct text *said, struct error *err);

#endif
