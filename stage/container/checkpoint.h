/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A container that runs as files of CRIU, which its runtime calls, and whether one that was put up of such files
 * may do what it was to: who wrote them decided what its processes are.
 */
#ifndef STAGE_CONTAINER_CHECKPOINT_H
#define STAGE_CONTAINER_CHECKPOINT_H

#include <sys/types.h>

#include "db/base/error.h"
#include "stage/container/container.h"

struct container_checkpoint {
	const struct spec *spec;
	const char *name, *work; /* as they were in its request */
	pid_t where;             /* conmon */
	const char *directory;   /* empty, of ours, with the same path where conmon is */
};

/* It has ended when this returns 0; else it runs on, and err says what the runtime or CRIU did not like. */
int container_checkpoint(const struct container_checkpoint *request, struct error *err);

/*
 * In our own mount namespace, before what is restored: masked files are put up as binds of /dev/null, writable, and
 * who is root inside would change the mode of the host's. They get one of ours.
 */
int container_restore_room(const struct container *container, struct error *err);

/*
 * Of each of its processes: no capability beyond those it was prepared with, no_new_privs and a filter where these
 * were to be. -EPERM with err set.
 */
int container_check_restored(const struct container *container, struct error *err);

#endif
