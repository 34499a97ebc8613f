/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Statistics as JSON: what tracepack stat --json prints.
 */
#ifndef PACK_REPORT_STATISTICS_JSON_H
#define PACK_REPORT_STATISTICS_JSON_H

#include <jansson.h>
#include <stdbool.h>

#include "pack/report/statistics.h"

/* NULL: out of memory. */
json_t *statistics_json(const struct statistics *statistics, enum statistics_by by);

/* "label", "session", "program", "directory". */
const char *statistics_by_name(enum statistics_by by);
bool statistics_by_of_name(const char *name, enum statistics_by *ret_by);

#endif
