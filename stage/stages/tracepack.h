/* SPDX-License-Identifier: BSD-2-Clause */
/* tracepack, run as a program: describing a session, building a package of it. */
#ifndef STAGE_STAGES_TRACEPACK_H
#define STAGE_STAGES_TRACEPACK_H

#include <stdint.h>

#include "db/base/error.h"
#include "db/base/text.h"
#include "stage/spec/spec.h"

struct tracepack_start {
	const char *cwd, *home;
	uint32_t uid, gid;
	char *const *args;               /* NULL-terminated */
	const spec_strings *env, *asked; /* later ones replace earlier ones */
};

/* How the last session of a manifest was started, for the packer to know. */
int tracepack_describe(const char *manifest, const struct tracepack_start *start, struct error *err);

struct tracepack_build {
	const char *manifest, *source, *output, *name;
	const char *source_name; /* a word, no path */
	const char *image;       /* the file with the configuration of the image that it was; or NULL */
	const spec_strings *options;
	bool json;
};

/*
 * Build a package; its report, or JSON, is added to `report`, its warnings, a line each that begins with
 * "warning: " or goes on, to `warnings`. -EINVAL: an option makes no sense.
 */
int tracepack_build(const struct tracepack_build *build, struct text *report, struct text *warnings,
		    struct error *err);

#endif
