/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sfc prod update and rollback: another base under the same layers, or none of it. Each instance must start,
 * become ready and live for a second, and those that ran must still run when the last one is done; or all go back.
 */
#ifndef STAGE_INSTANCE_UPDATE_H
#define STAGE_INSTANCE_UPDATE_H

#include <stdbool.h>

#include "db/base/digest.h"
#include "db/base/error.h"
#include "stage/spec/spec.h"
#include "stage/state/state.h"
#include "stage/store/store.h"

struct update_request {
	const char *app, *file;
	const char *digest;      /* refuse another package; NULL: any */
	const struct spec *spec; /* of which readiness and time-out count, and are kept if the update is */
	bool dry_run;            /* say what is hidden, and change nothing */
	/* What a layer hides of the change: "APP/NAME: PATH: …". May be NULL. */
	void (*shadow)(const char *app, const char *name, const char *path, bool deleted);
	/* The package is in the store. May be NULL. */
	void (*took)(const char *file, const struct store_copy *copy);
};

enum update_outcome {
	UPDATE_DONE,
	UPDATE_SAME,   /* it stands on this package already */
	UPDATE_UNDONE, /* rollback of an update that was interrupted */
	UPDATE_DRY,
};

/*
 * 0, and in ret_digest what it stands on now. said: what did not come up again of what had gone back; its message
 * is empty when all did.
 */
int instance_update(struct state *state, const struct update_request *request,
		    enum update_outcome *ret_outcome, char ret_digest[DIGEST_HEX_SIZE], struct error *said,
		    struct error *err);
/* To the package before; or undo an update that was interrupted. */
int instance_rollback(struct state *state, const struct update_request *request,
		      enum update_outcome *ret_outcome, char ret_digest[DIGEST_HEX_SIZE], struct error *said,
		      struct error *err);

#endif
