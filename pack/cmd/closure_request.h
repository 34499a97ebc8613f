/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A request: what the command line of build, why, ls and stat asks of a manifest and a source. These
 * commands share the options below, and the walk from a manifest to a computed closure.
 */
#ifndef PACK_CMD_CLOSURE_REQUEST_H
#define PACK_CMD_CLOSURE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "db/base/error.h"
#include "db/manifest.h"
#include "pack/cmd/command.h"
#include "pack/need/closure.h"
#include "pack/need/rules.h"
#include "pack/need/selection.h"
#include "pack/package/launch.h"
#include "pack/source/source.h"

struct closure_request_names {
	const char **items;
	size_t count, capacity;
};

struct closure_request {
	const char *manifest_path;
	const char *source_path; /* NULL: the source of the last session */
	struct closure_request_names only, without;
	bool allow_interrupted;
	bool looking;  /* an answer at once is worth more than a whole one */
	struct closure_request *with; /* another one, open, with which it shares manifest, source and customs; or NULL */
	bool identity; /* also what says which distribution this is: os-release */
	struct rules rules;
	struct customs customs;
	bool customs_read;
	struct closure_options options; /* its rules and customs point at ours */
	/* opened, in this order */
	struct manifest *manifest;
	struct selection selection;
	struct launch launch; /* of the last session that says how it was started */
	struct source *source;
	struct known_source *known; /* what its closures share; NULL: each has its own */
	struct closure *closure;
};

void closure_request_init(struct closure_request *request);
void closure_request_release(struct closure_request *request);

/* The options, for the table of a command: OPTION_TABLE(closure_request_options, …). */
extern const struct command_option closure_request_options[];

/* The customs that came with the program, unless they are read already. */
int closure_request_read_customs(struct closure_request *request, struct error *err);
/* Open the manifest, unless one is open, and the source, and read the selection. */
int closure_request_open(struct closure_request *request, struct error *err);
/* Closures that come after this share what is known of the source. Of one that is open. */
int closure_request_share(struct closure_request *request, struct error *err);
/* Go on to the closure. */
int closure_request_compute(struct closure_request *request, struct error *err);
/* One closure more of what is open, at a margin of its own; the caller's. */
int closure_request_make(struct closure_request *request, enum margin margin,
			 struct closure **ret_closure, struct error *err);

/* Rules that matched nothing become warnings of the closure; after the tree was made, if one is. */
int closure_request_check_rules(struct closure_request *request, struct error *err);

#endif
