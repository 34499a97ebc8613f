/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs of the host that we start: with an empty environment but PATH and what is given here, no signal
 * blocked nor ignored by us, and no descriptor of ours but those it is given.
 */
#ifndef STAGE_CONTAINER_SPAWN_H
#define STAGE_CONTAINER_SPAWN_H

#include <stddef.h>
#include <sys/types.h>

#include "db/base/error.h"

/* Where host programs are looked for; also the PATH they get. */
#define SPAWN_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* fds[i] becomes descriptor i, /dev/null where it is -1; the first three at least. env: NULL or more words. */
int spawn(const char *program, const char *const *argv, const char *const *env, const int *fds,
	  size_t fd_count, pid_t *ret_pid, struct error *err);
/* Wait for it: its status as a shell has it. */
int spawn_wait(pid_t pid);

/* A program by its name, in the caller's PATH and then SPAWN_PATH; the caller frees. NULL: none. */
char *spawn_find(const char *name);

#endif
