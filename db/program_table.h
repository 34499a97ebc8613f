/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The program table for the rest of db/: rows by exe and comm, found or made.
 */
#ifndef DB_PROGRAM_TABLE_H
#define DB_PROGRAM_TABLE_H

#include <stdint.h>

#include "db/manifest.h"

/* NULL for either is "". In a transaction. */
int program_intern(struct manifest *manifest, const char *exe, const char *comm, int64_t *ret_id,
		   struct error *err);

#endif
