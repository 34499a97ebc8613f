/* SPDX-License-Identifier: BSD-2-Clause */
/* What the report's page is given: everything as one JSON object. */
#ifndef PACK_REPORT_DATA_H
#define PACK_REPORT_DATA_H

#include <jansson.h>

#include "pack/report/report.h"

/* Into an empty object. */
int report_data(struct manifest *manifest, const struct report_options *options, json_t *data,
		struct error *err);

#endif
