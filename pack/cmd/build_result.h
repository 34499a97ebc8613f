/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The result of a build, as a person reads it and as JSON: how much of the source is packed, what
 * brought it in, what was left out.
 */
#ifndef PACK_CMD_BUILD_RESULT_H
#define PACK_CMD_BUILD_RESULT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "pack/need/closure.h"
#include "pack/need/closure_tree.h"
#include "pack/need/from_selection.h"

struct build_result {
	const struct closure *closure; /* computed */
	const char *output;            /* NULL: nothing was written */
	const char *sha256;            /* of the output, or NULL */
	const char *uuid;              /* of a package, or NULL */
	const char *root_hash;         /* of verity data beside it, or NULL */
	uint64_t source_files, source_bytes; /* 0: there is no catalog */
	struct tree_totals totals;     /* of what is packed */
	struct closure_listed listed;
	uint64_t image_bytes;
	uint64_t image_error; /* bytes: how far to trust that; 0: it is exact */
	const json_t *profile;         /* of a package whose sessions learned, or NULL */
	const char *gate;              /* what it is larger than it may be; or NULL */
	double seconds;
};

/* On standard output: "61,204 → 163 files   1.9 GB → 5.8 MB   image 2.1 MB", and what to know of it. */
void build_result_print(const struct build_result *result);
/* Warnings on stderr; with the secrets left out, for those who do not print the result. */
void build_result_warn(const struct build_result *result, bool left_out);
/* NULL: out of memory. */
json_t *build_result_json(const struct build_result *result);

#endif
