/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The traced root of a dev name alone, mounted where the caller's programs see it, for the engine of somebody's
 * choice.
 */
#ifndef STAGE_STAGES_TEST_MOUNT_H
#define STAGE_STAGES_TEST_MOUNT_H

#include "db/base/error.h"
#include "stage/state/state.h"

struct test_mount_request {
	struct state *state;
	const char *name;
	const char *label; /* NULL: "mount" */
	const char *trace; /* further options of tracefs; NULL */
};

/* *ret_path is where; the caller frees. -EBUSY: it is mounted, or somebody tests it. */
int test_mount(const struct test_mount_request *request, char **ret_path, struct error *err);
/* End its session: all of it is in the manifest when this returns. -EBUSY: somebody uses it. */
int test_umount(struct state *state, const char *name, struct error *err);

#endif
