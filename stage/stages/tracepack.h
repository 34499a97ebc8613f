/* SPDX-License-Identifier: BSD-2-Clause */
/* tracepack, run as a program: whatever it can, describing a session, building a package of it. */
#ifndef STAGE_STAGES_TRACEPACK_H
#define STAGE_STAGES_TRACEPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/base/error.h"
#include "db/base/text.h"
#include "stage/spec/spec.h"

/* A command line, that of "tracepack NAME …"; its strings are borrowed. */
struct tracepack_words {
	const char **items;
	size_t count, capacity;
	bool failed; /* no memory */
	bool outside; /* run where the host's owners are known: stage/mount/outside.h */
};

void tracepack_word(struct tracepack_words *words, const char *word);
/* "--ref" "web", where there is a value. */
void tracepack_option(struct tracepack_words *words, const char *option, const char *value);
void tracepack_words_release(struct tracepack_words *words);

/*
 * Run it, until *cancel becomes non-zero (NULL: to its end). What it prints is added to `output` (NULL: it goes
 * where ours goes), what it warns of, a line each, to `warnings`; what it says when it fails is our error.
 * -EINVAL: it was asked wrongly.
 */
int tracepack_run(struct tracepack_words *words, const volatile int *cancel, struct text *output,
		  struct text *warnings, struct error *err);

/* What all that sfc packs takes along where nobody asks for another margin; README has the measurement. */
#define TRACEPACK_MARGIN "own"

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
	bool outside; /* the source is the host's own */
};

/*
 * Build a package; its report, or JSON, is added to `report`, its warnings, a line each that begins with
 * "warning: " or goes on, to `warnings`. -EINVAL: an option makes no sense; 1: it is larger than it may be,
 * err says so, and nothing is written.
 */
int tracepack_build(const struct tracepack_build *build, struct text *report, struct text *warnings,
		    struct error *err);

/* What is in a package, a path a line, is added to `paths`. */
int tracepack_list(const char *package, struct text *paths, struct error *err);

struct tracepack_export {
	const char *package, *image; /* the image as it was spelled */
	const char *name;            /* where that says none; or NULL */
	const char *tmpdir;
	const char *tls_verify, *authfile; /* or NULL */
	const spec_strings *changes;
	bool force;
	const volatile int *cancel;
};

/* Put a package where an image can be. What is to be said is added to `said`. -EINTR: it was told to end. */
int tracepack_export(const struct tracepack_export *export, struct text *said, struct error *err);

/* Which margin would take each of these paths in: a line each, the level, a tab, the path. */
int tracepack_levels(const char *package, const char *source, char *const *paths, size_t count,
		     struct text *levels, struct error *err);

#endif
