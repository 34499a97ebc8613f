/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A request: what the command line of build, why, ls and stat asks of a manifest and a source. These
 * commands share the options below, and the walk from a manifest to a computed closure.
 */
#ifndef PACK_REQUEST_H
#define PACK_REQUEST_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>

#include "db/base/error.h"
#include "db/manifest.h"
#include "pack/closure.h"
#include "pack/launch.h"
#include "pack/rules.h"
#include "pack/selection.h"
#include "pack/source.h"

enum request_option {
	OPTION_INCLUDE = 0x1000,
	OPTION_EXCLUDE,
	OPTION_RULES,
	OPTION_ONLY,
	OPTION_WITHOUT,
	OPTION_ALLOW_INTERRUPTED,
	OPTION_ALLOW_CHANGED,
	OPTION_ALLOW_SECRETS,
	OPTION_STAT_ONLY,
	OPTION_LISTED,
	OPTION_NO_ECOSYSTEM,
	OPTION_OWN, /* the first value a command may use for options of its own */
};

/* For the option table of a command. */
#define REQUEST_OPTIONS                                                                            \
	{"source", required_argument, NULL, 's'}, {"include", required_argument, NULL, OPTION_INCLUDE}, \
		{"exclude", required_argument, NULL, OPTION_EXCLUDE},                              \
		{"rules", required_argument, NULL, OPTION_RULES},                                  \
		{"only", required_argument, NULL, OPTION_ONLY},                                    \
		{"without", required_argument, NULL, OPTION_WITHOUT},                              \
		{"allow-interrupted", no_argument, NULL, OPTION_ALLOW_INTERRUPTED},                \
		{"allow-changed", no_argument, NULL, OPTION_ALLOW_CHANGED},                        \
		{"allow-secrets", no_argument, NULL, OPTION_ALLOW_SECRETS},                        \
		{"stat-only", required_argument, NULL, OPTION_STAT_ONLY},                          \
		{"listed", required_argument, NULL, OPTION_LISTED},                                \
	{                                                                                          \
		"no-ecosystem", required_argument, NULL, OPTION_NO_ECOSYSTEM                       \
	}

/* Its part of the help text. */
#define REQUEST_USAGE                                                                              \
	"  -s, --source DIR        the pristine root (default: where the last session was traced)\n" \
	"      --include GLOB      also take what matches\n"                                        \
	"      --exclude GLOB      leave out what matches, and what is below\n"                     \
	"      --rules FILE        rules, one a line; see tracepack-build(1)\n"                     \
	"      --only LABEL        only this session (label, pattern or uuid); may be repeated\n"   \
	"      --without LABEL     all but this session; may be repeated\n"                         \
	"      --stat-only HOW     files nobody opened: whole (default), hole or omit\n"            \
	"      --listed HOW        names in listed directories: none (default), stub or full\n"     \
	"      --no-ecosystem NAME leave out what goes with files of one kind by custom; 'all'\n"   \
	"      --allow-interrupted use sessions that may not be whole\n"                            \
	"      --allow-changed     take files that changed since they were traced\n"                \
	"      --allow-secrets     take private keys, histories and the like\n"

struct request_names {
	const char **items;
	size_t count, capacity;
};

struct request {
	const char *manifest_path;
	const char *source_path; /* NULL: the source of the last session */
	struct request_names only, without;
	bool allow_interrupted;
	bool identity; /* also what says which distribution this is: os-release */
	struct rules rules;
	struct closure_options options; /* its rules point at ours */
	/* opened, in this order */
	struct manifest *manifest;
	struct selection selection;
	struct launch launch; /* of the last session that says how it was started */
	struct source *source;
	struct closure *closure;
};

void request_init(struct request *request);
void request_release(struct request *request);

/* Take one option of REQUEST_OPTIONS: 0, -ENOSYS when it is none of them, -EINVAL with err set. */
int request_option(struct request *request, int option, const char *value, struct error *err);

/* Open manifest and source and read the selection. */
int request_open(struct request *request, struct error *err);
/* Go on to the closure. */
int request_compute(struct request *request, struct error *err);

/* Rules that matched nothing become warnings of the closure; after the tree was made, if one is. */
int request_check_rules(struct request *request, struct error *err);

#endif
