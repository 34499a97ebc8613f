/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the rest of db/ needs of the session table and no program does.
 */
#ifndef DB_SESSION_TABLE_H
#define DB_SESSION_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "db/base/text.h"
#include "db/manifest.h"

/* Open sessions whose writer is gone become interrupted. Writes only when there are any. */
int session_mark_interrupted(struct manifest *manifest, struct error *err);

/* Adds " AND column IN (1, 2, …)". */
void sessions_condition(struct text *sql, const char *column, const int64_t *sessions,
			size_t count);

#endif
