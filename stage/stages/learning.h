/* SPDX-License-Identifier: BSD-2-Clause */
/* What a trial that was to learn used (stage/container/learn.h): into the manifest, and said. */
#ifndef STAGE_STAGES_LEARNING_H
#define STAGE_STAGES_LEARNING_H

#include "db/base/error.h"
#include "stage/stages/report.h"
#include "stage/stages/trial.h"

/* 0; -EINVAL: what is asked leaves nothing to learn. */
int learning_check(const struct spec *spec, struct error *err);
/* Of the manifest's last session, which has ended. */
int learning_note(const char *manifest, const struct trial *trial, struct error *err);
void learning_report(struct report *report, const struct trial *trial);

#endif
