/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a comparison is worth: a probe that passes where nothing runs proves nothing, and what a service says in
 * its log while its probes pass may be the first sign of a file that it misses.
 */
#ifndef STAGE_STAGES_DOUBT_H
#define STAGE_STAGES_DOUBT_H

#include "stage/stages/report.h"
#include "stage/stages/running.h"

/*
 * Ask every --probe before the container is started, each for half a second at the most: into trial->idle goes
 * whether all of them pass. root: what they see as $SFC_ROOT. What it prints is nobody's.
 */
int doubt_probes(struct running *running, const char *root, struct error *err);

/* Say so, where it is so. */
void doubt_report_probes(struct report *report, const struct trial *trial);
/*
 * The lines of a server's output that only the package's run has, numbers aside, each once; nothing where there
 * are none.
 */
int doubt_report_log(struct report *report, const struct trial *source, const struct trial *package,
		     struct error *err);

#endif
