/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a container uses of what a profile can take away. The filter of system calls asks somebody (seccomp(2),
 * user notifications) before each call of the rare families and before each that takes a capability: a process of
 * ours, which notes it and has the kernel go on with it. So nothing is traced, and what is not asked about costs
 * nothing.
 *
 * A capability was used where a process that had it made a call that takes it: what else it could have been allowed
 * by does not count, so more may be noted than was needed. Whether CAP_DAC_OVERRIDE, CAP_FOWNER and CAP_FSETID were
 * needed cannot be seen this way: they count as used once any process had them.
 */
#ifndef STAGE_CONTAINER_LEARN_H
#define STAGE_CONTAINER_LEARN_H

#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "db/base/error.h"

/* In memory that is shared with the process that notes it. */
struct learned {
	uint32_t families;     /* pack/elf/families.h */
	uint64_t capabilities; /* bit N for capability N */
	uint64_t held;         /* that any process had */
	bool began;            /* the program was executed: what came before was the runtime's */
};

struct learner {
	pid_t pid; /* 0: none */
};

/* Where the runtime hands over the filter's descriptor, below a container's work directory; the caller frees. */
char *learn_socket(const char *work);
/* Listens there from now on. learned is shared memory, all zero. */
int learn_begin(const char *work, struct learned *learned, struct learner *ret_learner, struct error *err);
/* All of the container has ended. */
void learn_end(struct learner *learner, struct learned *learned);

/* ---- between learn.c and learn_calls.c ---- */

/* The names of the calls that are asked about beside those of the families, NULL at their end. */
extern const char *const learn_names[];
/* *began: this filter's program was executed. */
void learn_take(struct learned *learned, bool *began, const struct seccomp_notif *asked);

#endif
