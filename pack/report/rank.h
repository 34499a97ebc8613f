/* SPDX-License-Identifier: BSD-2-Clause */
/* In which order the paths of a report were first used, over all sessions. */
#ifndef PACK_REPORT_RANK_H
#define PACK_REPORT_RANK_H

#include "pack/report/rows.h"

/* Each row's rank, from its session and its place there: 0, or -ENOMEM with err set. */
int report_rank(struct report_rows *rows, struct error *err);

#endif
