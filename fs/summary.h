/* SPDX-License-Identifier: BSD-2-Clause */
/* What a session came to: the last lines that tracefs prints. */
#ifndef FS_SUMMARY_H
#define FS_SUMMARY_H

#include <stdint.h>

#include "db/base/error.h"
#include "db/manifest.h"

struct summary {
	uint64_t accesses; /* operations recorded */
	uint64_t files;    /* distinct paths that were there, directories not counted */
	uint64_t missing;  /* distinct paths that never were */
	uint64_t dropped;  /* operations that are not in the manifest */
	uint64_t refused;  /* distinct paths that the one who serves the mount may not read */
	char refused_names[1024]; /* the first SUMMARY_NAMES of them, as far as there is room */
};

enum { SUMMARY_NAMES = 10 };

/*
 * Count the session's files and what it missed, of which the manifest knows all, whatever was
 * forgotten here.
 */
int summary_count(struct summary *summary, struct manifest *manifest, int64_t session,
		  struct error *err);

#endif
