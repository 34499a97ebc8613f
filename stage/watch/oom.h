/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Killed for want of memory: the kernel counts it in the group, as long as there is one, and conmon leaves a
 * file. It need not be the first process: a worker that is killed is the same want.
 */
#ifndef STAGE_WATCH_OOM_H
#define STAGE_WATCH_OOM_H

#include <stdbool.h>
#include <stdint.h>

#include "db/base/text.h"

/*
 * How many were killed: by the group's count (-1: there is none any more) and the file "oom" in conmon's
 * directory, which says that one was.
 */
int64_t oom_count(int64_t counted, int directory);

/*
 * "killed: out of memory, limit 64 MB", or of one that lives on "2 of its processes were killed: …".
 * limit 0: it had none of its own. first: the first process ended by it.
 */
void oom_describe(struct text *text, int64_t kills, bool first, uint64_t limit);

#endif
