/* SPDX-License-Identifier: BSD-2-Clause */
/* When a trial's service was started, ready, asked and stopped: into the manifest, for who looks at its times. */
#ifndef STAGE_STAGES_PHASES_H
#define STAGE_STAGES_PHASES_H

#include "db/base/error.h"
#include "stage/stages/trial.h"

/* Of the manifest's last session, which has ended. */
int phases_note(const char *manifest, const struct trial *trial, struct error *err);

#endif
