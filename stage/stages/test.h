/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The test stage of a dev name: a command or a service on its root, traced. Every run adds a session to the
 * manifest test/NAME/manifest.db of the state, for `sfc pack`; what it writes is thrown away. One at a time:
 * who runs has the claim "test/NAME".
 *
 *	r = test_open(&request, &test, err);
 *	r = test_run(&test, err);
 *	…test.trial->outcome, test.counts…
 *	test_close(&test);
 */
#ifndef STAGE_STAGES_TEST_H
#define STAGE_STAGES_TEST_H

#include <stdbool.h>

#include "db/base/error.h"
#include "stage/layer/dev.h"
#include "stage/layer/scratch.h"
#include "stage/layer/start.h"
#include "stage/spec/spec.h"
#include "stage/stages/trace.h"
#include "stage/stages/trial.h"
#include "stage/state/claim.h"
#include "stage/state/state.h"

struct test_request {
	struct state *state;
	const char *name; /* of dev */
	const struct spec *spec;
	const char *label; /* of the session; NULL: the command's name */
	const char *trace; /* further options of tracefs; NULL */
	bool learn;        /* note what it uses of what a profile can take away */
	bool terminal;     /* our input and output are one: what runs to its end gets one, too */
	/* A service is up that stays until a signal says otherwise; NULL: it is to end or to be asked. */
	int (*is_up)(void *data, struct error *err);
	void *data;
};

struct test {
	const struct test_request *request; /* borrowed */
	struct claim claim;
	struct dev dev;
	int view;                               /* all that it is, a detached mount, for below */
	char *source;
	struct layer_start start;               /* what its image says, if it does */
	const struct start_defaults *defaults;  /* the same; NULL: nothing */
	struct scratch scratch;                 /* for what is written */
	char *label, *manifest;
	char *cache;                            /* of compiled filters */
	char container[96];                     /* its name */

	/* inside of the trial */
	struct trace trace;

	/* from test_run() on */
	struct trial *trial;
	bool counted; /* the session is whole, and these are its counts */
	struct trace_counts counts;
};

/* From here on it is ours. -EINVAL asked wrongly; -EBUSY somebody tests it. The caller closes, on failure too. */
int test_open(const struct test_request *request, struct test *test, struct error *err);
/* 0 whatever became of the command: test->trial says it. */
int test_run(struct test *test, struct error *err);
void test_close(struct test *test);

#endif
