/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes the catalog of the source in the background: a thread and a connection of its own. It
 * delays nothing but the end: unmounting waits a while for it. All calls but the first may be made
 * of one that was never started, which is zeroed.
 */
#ifndef FS_CATALOGUER_H
#define FS_CATALOGUER_H

#include <pthread.h>
#include <stdbool.h>

#include "db/base/error.h"

struct cataloguer {
	pthread_t thread;
	bool started;
	bool done;     /* atomic */
	int cancelled; /* atomic */
	const char *manifest, *source; /* borrowed */
	bool xdev;                     /* not what is mounted inside the source */
	int result;                    /* when it is done; with err */
	struct error err;
};

/* Both paths outlive it. The catalog is of what is there now, and replaces the one before. */
int cataloguer_start(struct cataloguer *cataloguer, const char *manifest, const char *source,
		     bool xdev, struct error *err);
bool cataloguer_is_done(const struct cataloguer *cataloguer);
/* Let it stop at the next file; nothing of it is kept. */
void cataloguer_cancel(struct cataloguer *cataloguer);
/* Wait for its end: 0, -ECANCELED, or what went wrong. */
int cataloguer_finish(struct cataloguer *cataloguer, struct error *err);

#endif
