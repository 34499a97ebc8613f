/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A batch on its way into the manifest, a transaction at a time, so that other writers of the
 * manifest get their turn. What is written is taken off the batch: after a failure the rest can be
 * tried again, and nothing is written twice.
 *
 * To be called through manifest_guard(): no lock is held, and a call may never return.
 */
#ifndef FS_BATCH_WRITE_H
#define FS_BATCH_WRITE_H

#include <stdint.h>

#include "db/base/error.h"
#include "db/manifest.h"
#include "fs/aggregator.h"

struct batch_written {
	uint64_t events, dropped;
};

/*
 * One transaction's worth of accesses from the front of the batch: 0 or a negative errno, and then
 * nothing of it was written. The last one carries the events that were dropped.
 */
int batch_write_accesses(struct manifest *manifest, int64_t session, struct batch *batch,
			 struct batch_written *ret_written, struct error *err);

/* All of the raw stream, oldest first, in as many transactions as it takes. */
int batch_write_raw(struct manifest *manifest, int64_t session, struct batch *batch,
		    struct error *err);

/* Events that were not written yet or never will be: those that were dropped are among them. */
uint64_t batch_unwritten(const struct batch *batch);

#endif
