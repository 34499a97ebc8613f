/* SPDX-License-Identifier: BSD-2-Clause */
/* What a start needs that can be had before anything runs: directories, and all that is said of it. */
#ifndef STAGE_INSTANCE_PREPARE_H
#define STAGE_INSTANCE_PREPARE_H

#include <stdint.h>

#include "stage/instance/put_up.h"
#include "stage/instance/start.h"

struct preparation {
	struct put_up job;
	char *directory, *conmon; /* of the instance, of the run */
	char *guarded;            /* the manifest of its guard; NULL: it has none */
	uint64_t log_before;      /* bytes in its log */
	int network;              /* that it shares, or that others kept for it; -1: none */
	char network_path[32];
};

/*
 * One for each of the starts, which they go by; what fails for one of them is in its `code`. The spec of each gets
 * what every instance is told: SFC_APP, SFC_INSTANCE, a host name.
 */
int prepare_all(struct state *state, struct starts *starts, struct preparation **ret_prepared,
		struct error *err);
void preparations_release(struct preparation *prepared, size_t count);

#endif
