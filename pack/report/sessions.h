/* SPDX-License-Identifier: BSD-2-Clause */
/* The sessions of a report, with their phases, and what they say of what is still unseen, as JSON. */
#ifndef PACK_REPORT_SESSIONS_H
#define PACK_REPORT_SESSIONS_H

#include <jansson.h>
#include <stdint.h>

#include "db/base/error.h"
#include "db/coverage.h"
#include "db/manifest.h"
#include "db/session.h"

/* The members "sessions" and "confidence" of the data; incidence as coverage_incidence() has it. */
int report_sessions(json_t *data, struct manifest *manifest, const struct session_list *sessions,
		    const struct coverage_list *runs, const uint64_t *incidence, struct error *err);

#endif
