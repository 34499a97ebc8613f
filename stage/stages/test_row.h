/* SPDX-License-Identifier: BSD-2-Clause */
/* The table `test` of the state: what is traced and stays so between commands, a service or a mount. */
#ifndef STAGE_STAGES_TEST_ROW_H
#define STAGE_STAGES_TEST_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "db/base/error.h"
#include "db/base/process.h"
#include "stage/state/state.h"

struct test_row {
	bool mount;             /* else a service */
	char *label, *asked;    /* owned; asked is JSON */
	char *container;        /* owned; "" of a mount */
	struct process process; /* that stays with a service */
	int64_t begun_ns;
};

/* All under the claim of the name. A row that is 'making', or 'up'. */
int test_row_put(struct state *state, const char *name, const struct test_row *row, struct error *err);
int test_row_up(struct state *state, const char *name, struct error *err);
/* 'going': whoever finds it finishes it. */
int test_row_going(struct state *state, const char *name, struct error *err);
int test_row_remove(struct state *state, const char *name, struct error *err);
/* 1 there is one, whatever its state; 0 none. ret_row may be NULL. */
int test_row_find(struct state *state, const char *name, struct test_row *ret_row, struct error *err);
void test_row_release(struct test_row *row);

#endif
