/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is in a dev name: a process in whose mount namespace its layer is mounted. Who comes second enters
 * that namespace and takes the mount from there, since the kernel would mount the same layer twice and spoil
 * it. The layer is locked as long as any of them is there.
 */
#ifndef STAGE_LAYER_VISIT_H
#define STAGE_LAYER_VISIT_H

#include "db/base/error.h"
#include "stage/layer/dev.h"
#include "stage/state/state.h"

/*
 * Under the claim of the dev name, in a mount namespace of our own: its root, at dev/NAME/root there.
 * *ret_lock is held as long as it is mounted; the caller closes, and *ret_root is the path, to be freed.
 * -EBUSY when it is in use by something that cannot be joined.
 */
int visit_mount(struct state *state, const struct dev *dev, int *ret_lock, char **ret_root,
		struct error *err);

/* From now on others may join us. */
int visit_note(struct state *state, const char *dev, const char *what, struct error *err);
/* And not any more. */
int visit_end(struct state *state, const char *dev, struct error *err);

struct visit_row {
	int64_t pid, since_ns;
	const char *what;
};

/* Those that are alive, the oldest first. */
int visit_each(struct state *state, const char *dev,
	       int (*visit)(const struct visit_row *row, void *data), void *data, struct error *err);

#endif
