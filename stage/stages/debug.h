/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Looking into what runs, with tools that it has not: a container beside it, in its process, IPC and network
 * namespaces, whose root is another one. Its files are at DEBUG_PLACE there, read-only, with all that is mounted
 * in it. Nothing of it is changed: what the tools write goes to a layer in memory.
 */
#ifndef STAGE_STAGES_DEBUG_H
#define STAGE_STAGES_DEBUG_H

#include <sys/types.h>

#include "db/base/error.h"
#include "stage/spec/spec.h"
#include "stage/state/state.h"

#define DEBUG_PLACE "/.instance"

struct debug_request {
	struct state *state;
	struct spec *spec;   /* the command, or none: a shell; what it needs more is added */
	const char *with;    /* the root with the tools, as --root is spelled */
	const char *subject; /* what is looked into, for messages: "web/1" */
	pid_t pid;	     /* a process of it, where we are */
};

/*
 * *ret_status is the command's own, or company.h's. -ENOENT: there is no such root, or what is looked into is gone.
 */
int debug_run(const struct debug_request *request, int *ret_status, struct error *err);

#endif
