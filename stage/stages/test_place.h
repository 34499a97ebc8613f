/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the state has of the tests of a dev name: its manifest, whether somebody tests it just now, and what a
 * killed test left behind. Who runs one has the claim "test/NAME"; a root that is only mounted has none, and is
 * told by the mount table.
 */
#ifndef STAGE_STAGES_TEST_PLACE_H
#define STAGE_STAGES_TEST_PLACE_H

#include <stdbool.h>

#include "db/base/error.h"
#include "stage/state/claim.h"
#include "stage/state/state.h"

/* test/NAME in the state, made if need be; the caller closes. */
int test_directory(const struct state *state, const char *name, int *ret_fd, struct error *err);
/* Where its manifest is; the caller frees. -ENOENT: it has not been tested. */
int test_manifest(struct state *state, const char *name, char **ret_path, struct error *err);
/* The claim, of a name that nobody tests just now; what a killed run left of it is taken down. -EBUSY. */
int test_claim(struct state *state, const char *name, struct claim *ret_claim, struct error *err);
/* Forget the manifest. */
int test_forget(struct state *state, const char *name, struct error *err);

/* Of `sfc test mount`: what is traced, where, and what is written meanwhile. */
struct test_places {
	char *source, *root, *scratch;
};

int test_places_of(const struct state *state, const char *name, struct test_places *ret_places,
		   struct error *err);
void test_places_release(struct test_places *places);

/* By the mount table: one whose server is gone can be asked nothing. */
bool test_is_mounted(const char *path);
/* The rest of a mount whose session has ended: its source, and what was written. */
int test_places_remove(const struct state *state, const char *name, const struct test_places *places,
		       struct error *err);

/*
 * Under its claim: take down what a killed test left of it, mounts of the caller's namespace and files. 1:
 * something was; 0: nothing, or what is mounted is served.
 */
int test_settle(struct state *state, const char *name, struct error *err);
/* The same for all that nobody works on; a line for each that something was left of. */
int test_repair(struct state *state, void (*say)(const char *line), struct error *err);

#endif
