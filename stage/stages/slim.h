/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Slim: run a command once under trace, pack what it used, run it from the package, compare, and only then
 * let the package, or an image that is made of it, appear. The three stages in one go, without a dev name.
 */
#ifndef STAGE_STAGES_SLIM_H
#define STAGE_STAGES_SLIM_H

#include <stdbool.h>

#include "db/base/error.h"
#include "db/base/text.h"
#include "pack/oci/carrier.h"
#include "pack/oci/reference.h"
#include "stage/layer/scratch.h"
#include "stage/spec/spec.h"
#include "stage/stages/compare.h"
#include "stage/stages/report.h"
#include "stage/state/state.h"

struct slim_request {
	struct state *state;
	const struct scratch *scratch; /* of this command */
	const char *name;              /* unique on this machine: its containers are called so */
	const char *cache;             /* of compiled filters */
	const struct spec *spec;
	const char *root;              /* NULL: the host's own */
	const struct carrier_options *access; /* how images are reached */
	const char *output;
	const struct reference *image; /* that, when it is one; NULL: it is a package */
	const char *image_name;        /* of an image, where the output says none; or NULL */
	const char *keep_package;      /* of an image: where the package goes, too; NULL */
	const spec_strings *changes;   /* to what the image says of itself */
	bool force, dry_run, learn;
	const char *label, *trace;     /* of the session; further options of tracefs; NULL */
	const char *disk;              /* --scratch: where it writes; NULL: in memory */
	const char *keep_manifest;     /* where the manifest goes, too; NULL */
	const spec_strings *packer;
	enum compare compare;
};

enum slim_result {
	SLIM_ALIKE,          /* written */
	SLIM_COMMAND_FAILED, /* err says how; written when it ended by itself and the package does the same */
	SLIM_DIFFERENT,      /* err says in what; nothing was written */
	SLIM_TOO_LARGE,      /* err says what and than what; nothing was written */
	SLIM_INTERRUPTED,    /* nothing was written */
};

/*
 * In a mount namespace of our own. 0 and *ret_result; -EINVAL: asked wrongly; another negative errno: a
 * failure of ours. tracepack's warnings are added to `warnings`, a line each. *ret_status is the command's, as a shell has it, or 128 + the signal that told us to end.
 */
int slim_run(const struct slim_request *request, struct report *report, enum slim_result *ret_result,
	     int *ret_status, struct text *warnings, struct error *err);

#endif
