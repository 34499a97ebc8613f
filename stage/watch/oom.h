/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Killed for want of memory: the kernel counts it in the group, as long as there is one, conmon leaves a file, and
 * systemd a line in its journal. It need not be the first process: a worker that is killed is the same want.
 */
#ifndef STAGE_WATCH_OOM_H
#define STAGE_WATCH_OOM_H

#include <stdbool.h>
#include <stdint.h>

#include "db/base/text.h"

/*
 * Of one that has ended, conmon too: was it so? conmon's file in its directory says it; but systemd takes away the
 * group of a scope as soon as that is empty, before conmon has looked or after, and has noted by then what it saw.
 * killed: that is how it ended, so that it is worth asking the journal for the scope of this group.
 */
bool oom_befell(const char *directory, const char *group, bool killed);

/*
 * "killed: out of memory, limit 64 MB", or of one that lives on "2 of its processes were killed: …".
 * limit 0: it had none of its own. first: the first process ended by it.
 */
void oom_describe(struct text *text, int64_t kills, bool first, uint64_t limit);

#endif
