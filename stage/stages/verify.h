/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verify: is a package whole, and, where its source is at hand, does it do what that does? Without a source
 * nothing of it runs, and no path that it names is opened.
 */
#ifndef STAGE_STAGES_VERIFY_H
#define STAGE_STAGES_VERIFY_H

#include "db/base/error.h"
#include "db/base/text.h"
#include "pack/oci/carrier.h"
#include "stage/layer/scratch.h"
#include "stage/spec/spec.h"
#include "stage/stages/compare.h"
#include "stage/stages/report.h"
#include "stage/state/state.h"

struct verify_request {
	const char *package;
	const char *root; /* the source; NULL: nothing is compared */
	const struct spec *spec;
	enum compare compare;
	/* where something is compared: */
	struct state *state;
	const struct scratch *scratch;
	const struct carrier_options *access; /* how images are reached */
	const char *name, *cache; /* as slim has them */
};

enum verify_result {
	VERIFY_ALIKE,
	VERIFY_COMMAND_FAILED, /* err says how */
	VERIFY_DIFFERENT,      /* err says in what */
	VERIFY_INTERRUPTED,
};

/*
 * 0 and *ret_result; -EBADMSG: the package is damaged, err is the last of what is wrong, what else is wrong is
 * added to `problems`, a line each; -EINVAL asked wrongly, other negative errnos: a failure of ours.
 */
int verify_run(const struct verify_request *request, struct report *report,
	       enum verify_result *ret_result, int *ret_status, struct text *problems, struct error *err);

#endif
