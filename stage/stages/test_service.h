/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A service under test that stays up between commands. A process of ours stays with it, and has the claim:
 * tracefs stands in the namespaces that the service is in, where nobody else would unmount it, and its session
 * is whole only when somebody has, and has waited. Whatever ends that process ends all of it.
 */
#ifndef STAGE_STAGES_TEST_SERVICE_H
#define STAGE_STAGES_TEST_SERVICE_H

#include <sys/types.h>

#include "db/base/error.h"
#include "stage/spec/spec.h"
#include "stage/stages/test.h"
#include "stage/state/state.h"

/*
 * Before the state is opened: who stays has a connection of its own. Returns when it is up. state, cache and
 * is_up of the request are ours. Its output goes to the file test/NAME/log of the state.
 * -EINVAL; -EBUSY; -ENOENT and -EACCES: what it is to start is not there, or cannot be executed.
 */
int test_start(const struct test_request *request, struct error *err);

struct test_stopped {
	char *label, *said, *manifest; /* owned */
	double seconds;                /* that it was there */
	struct trace_counts counts;
};

/* End it, and its session. -ESRCH: none is up. */
int test_stop(struct state *state, const char *name, struct test_stopped *ret_stopped, struct error *err);
void test_stopped_release(struct test_stopped *stopped);

/* Another command in it, spec->args: see container_exec(). The last that a process does. */
int test_exec(struct state *state, const char *name, const struct spec *spec, int *ret_status,
	      struct error *err);

/* A process of the service that is up, by its number here. -ESRCH. */
int test_find_process(struct state *state, const char *name, pid_t *ret_pid, struct error *err);

#endif
