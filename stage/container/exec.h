/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One more command in a container that runs, as who its first process is and confined as that: the runtime's
 * exec. Its streams are pipes, or a terminal that the runtime makes, as those of a container are.
 */
#ifndef STAGE_CONTAINER_EXEC_H
#define STAGE_CONTAINER_EXEC_H

#include <stdbool.h>
#include <sys/types.h>

#include "db/base/error.h"
#include "stage/spec/spec.h"

struct container_exec {
	const struct spec *spec; /* of the container: by which runtime it was started */
	const char *name;        /* of the container */
	const char *work;        /* its work directory, where the runtime keeps its state; where `where` is */
	pid_t where;             /* a process with the mount and process namespaces in which it was started */
	const spec_strings *args;
	bool terminal;
};

/*
 * The last that a process does: from here on it is where `where` is. *ret_status as a shell has it. -ENOENT
 * the command is not there, -EACCES it cannot be executed, which the runtime has said already where the
 * command's errors go; other negative errnos: a failure of ours.
 */
int container_exec(const struct container_exec *request, int *ret_status, struct error *err);

#endif
