/* SPDX-License-Identifier: BSD-2-Clause */
/* What the next run should go for: directories of which something was used and the most was not. */
#ifndef PACK_REPORT_NEXT_H
#define PACK_REPORT_NEXT_H

#include "pack/report/rows.h"

/* Fill rows->next; the rows are in order, and none is folded yet. 0, or -ENOMEM with err set. */
int report_next_find(struct report_rows *rows, struct error *err);

#endif
