/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a package was found to lack: the paths that an instance's guard noted in its
 * manifest. Read while the guard writes it; nothing is changed.
 */
#ifndef STAGE_WATCH_MISSES_H
#define STAGE_WATCH_MISSES_H

#include <stdbool.h>
#include <stdint.h>

#include "db/base/array.h"
#include "db/base/error.h"
#include "db/manifest.h"
#include "stage/spec/spec.h"

enum miss_known {
	MISS_UNJUDGED, /* the package has no catalog to ask */
	MISS_KNOWN,    /* the source had it */
	MISS_UNKNOWN,  /* its directory is folded in the catalog: it may have been there */
};

struct miss {
	char *path;
	enum miss_known known;
	uint64_t count;       /* how often it was asked for, at the least */
	spec_strings by;      /* programs, each once; a program that is not known is none */
	int64_t first_ns, last_ns;
};

struct misses {
	struct miss *items; /* by the time when they were missed first */
	size_t count, capacity;
};

void misses_release(struct misses *misses);

/*
 * Of the manifest at `path`, where none is no misses. package: the manifest that the package carries, or
 * NULL. A directory stands for itself only where nothing below it was asked for.
 */
int misses_read(const char *path, struct manifest *package, struct misses *ret_misses,
		struct error *err);

/* Is there any? */
int misses_any(const char *path, bool *ret_any, struct error *err);

#endif
