/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The catalog of a package's source: as the manifest has it, or, where tracing did not list the source,
 * by a walk of our own, in a thread beside the closure.
 */
#ifndef PACK_CMD_SOURCE_CATALOG_H
#define PACK_CMD_SOURCE_CATALOG_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "db/base/error.h"
#include "db/catalog_list.h"
#include "db/manifest.h"

struct source_catalog {
	struct catalog_list list; /* when it has ended */
	pthread_t thread;
	bool walking;
	const char *source; /* borrowed */
	int result;
	uint64_t skipped;
	struct error err;
};

#define SOURCE_CATALOG_INIT {.list = CATALOG_LIST_INIT}

/* source: to be walked where the manifest has no catalog, outlives it; NULL: then there is none. */
int source_catalog_begin(struct source_catalog *catalog, struct manifest *manifest,
			 const char *source, struct error *err);
/* Wait for it; warns of what could not be listed. */
int source_catalog_end(struct source_catalog *catalog, struct error *err);
/* Also of one that has not ended. */
void source_catalog_release(struct source_catalog *catalog);

#endif
