/* SPDX-License-Identifier: BSD-2-Clause */
/* The sessions of a report, with their phases, and what they say of what is still unseen, as JSON. */
#ifndef PACK_REPORT_SESSIONS_H
#define PACK_REPORT_SESSIONS_H

#include <jansson.h>
#include <stdint.h>

#include "db/base/error.h"
#include "db/manifest.h"
#include "db/session.h"

/* The members "sessions" and "confidence" of the data; ids are those of the sessions. */
int report_sessions(json_t *data, struct manifest *manifest, const struct session_list *sessions,
		    const int64_t *ids, struct error *err);

#endif
