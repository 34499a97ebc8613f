/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a plain user's command does where it came from: inside, the host's own files have owners without a
 * number, and whoever is nobody there may be anybody. A process of ours stays outside, and starts programs
 * there for us: tracefs and tracepack of the host's own root, mmdebstrap. It ends when nobody of us is left.
 *
 *	outside_wanted();	before user_enter()
 *	if (outside_is_there()) outside_start(…)
 */
#ifndef STAGE_MOUNT_OUTSIDE_H
#define STAGE_MOUNT_OUTSIDE_H

#include <stdbool.h>
#include <sys/types.h>

#include "db/base/error.h"
#include "db/base/text.h"

/* The next user_enter() leaves one behind, if it enters. */
void outside_wanted(void);
/* By user_enter(): it is made, if it is wanted. */
int outside_begin(struct error *err);
bool outside_is_there(void);

/*
 * Start a program there; output: what is its standard output and error, each -1: nowhere. With joining >= 0
 * ",namespace=N" is added to that word, N being the number of the caller as it is known there. The number is of
 * no use but here; *ret_pidfd is to be polled, and the caller's to close.
 */
int outside_start(const char *const *argv, int joining, int output, int said, pid_t *ret_pid, int *ret_pidfd,
		  struct error *err);
/* As a shell has it; waits until it has ended. */
int outside_wait(pid_t pid);
void outside_kill(pid_t pid, int number);
/* program_run_until(), there. */
int outside_run(const char *const *argv, struct text *output, struct text *said, const volatile int *cancel,
		struct error *err);

#endif
