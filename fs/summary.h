/* SPDX-License-Identifier: BSD-2-Clause */
/* What a session came to: the last line that tracefs prints. */
#ifndef FS_SUMMARY_H
#define FS_SUMMARY_H

#include <stdint.h>

#include "db/base/error.h"
#include "db/manifest.h"

/* So many names are named. */
enum { SUMMARY_NAMES = 10 };

struct summary {
	uint64_t accesses; /* operations recorded */
	uint64_t files;    /* distinct paths that were there, directories not counted */
	uint64_t missing;  /* distinct paths that never were */
	uint64_t dropped;  /* operations that are not in the manifest */
	uint64_t refused;  /* distinct paths that the one who serves the mount may not read */
	char refused_names[1024]; /* the first of them, with commas between */
};

/*
 * Count the session's files and what it missed, of which the manifest knows all, whatever was
 * forgotten here. Walks all accesses of the session.
 */
int summary_count(struct summary *summary, struct manifest *manifest, int64_t session,
		  struct error *err);

#endif
