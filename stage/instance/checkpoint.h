/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An instance as one file, by CRIU: its processes, what it wrote, and how it was asked to run; and back, as that
 * instance or another of its application. Such a file is as powerful as root: it is nobody else's to read, its
 * digest stands in the state that made it, and one of another has to be named by its digest.
 */
#ifndef STAGE_INSTANCE_CHECKPOINT_H
#define STAGE_INSTANCE_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "db/base/digest.h"
#include "db/base/error.h"
#include "stage/instance/instance.h"
#include "stage/instance/run.h"
#include "stage/instance/start.h"
#include "stage/state/state.h"

struct checkpoint_written {
	char digest[DIGEST_HEX_SIZE];
	uint64_t size; /* bytes */
};

/* Under its claim, one that is up: it is down afterwards, or, where this fails, goes on as before. */
int instance_checkpoint(struct state *state, struct instance *instance, struct run *run, const char *path, bool force,
			struct checkpoint_written *ret_written, struct error *err);

/* A file that was read whole and has the digest it was to have. */
struct checkpoint {
	char *app, *name, *package; /* of the instance it was made of */
	struct spec spec;
	struct content_file *contents;
	struct tree *tree; /* "images" and "layer" in it */
	char digest[DIGEST_HEX_SIZE];
	bool own; /* this state made it; what it asks for is its operator's word */
};

#define CHECKPOINT_INIT                                                                            \
	{                                                                                          \
		.spec = SPEC_INIT                                                                  \
	}

/* digest: "sha256:…" that it has to have, or NULL: one that this state made. -EPERM: it did not. */
int checkpoint_open(struct state *state, const char *path, const char *digest, struct checkpoint *ret_checkpoint,
		    struct error *err);
void checkpoint_release(struct checkpoint *checkpoint);

/*
 * Under its claim, an instance that is down: what it wrote becomes what the checkpoint has, and *ret_images, which the
 * caller frees and removes with directory_remove_at(), is where CRIU's files are. What it had written stays beside it
 * until checkpoint_settle().
 */
int checkpoint_place(struct state *state, struct checkpoint *checkpoint, const struct instance *instance,
		     char **ret_images, struct error *err);

/* It runs, and what was there before is gone for good; or it does not, and has that again. */
int checkpoint_settle(struct state *state, const struct instance *instance, bool runs, struct error *err);

#endif
