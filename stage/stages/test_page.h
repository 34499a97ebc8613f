/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of a dev name saw, as a page: tracepack report on all that the name is. */
#ifndef STAGE_STAGES_TEST_PAGE_H
#define STAGE_STAGES_TEST_PAGE_H

#include <stdbool.h>

#include "db/base/error.h"
#include "stage/state/state.h"

/* -ENOENT: it has not been tested; -EBUSY: somebody does now; -EEXIST without `force`: the file is there. */
int test_page(struct state *state, const char *name, const char *output, bool force, struct error *err);

#endif
