/* SPDX-License-Identifier: BSD-2-Clause */
/* The rows of a report as columns of JSON. */
#ifndef PACK_REPORT_PATHS_H
#define PACK_REPORT_PATHS_H

#include <jansson.h>

#include "db/coverage.h"
#include "pack/report/rows.h"

/* The member "paths" of the data: 0 or -ENOMEM. */
int report_paths(json_t *data, const struct report_rows *rows, const struct program_total_list *programs);

#endif
