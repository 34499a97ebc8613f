/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The schema of a manifest (db/schema.sql, embedded): laying it out in an empty database, telling a
 * manifest from anything else, and climbing from an older version to ours. For db/ alone.
 */
#ifndef DB_SCHEMA_H
#define DB_SCHEMA_H

#include <stddef.h>

#include "db/manifest_private.h"

enum {
	SCHEMA_APPLICATION_ID = 1397965645, /* 'SSCM' */
	SCHEMA_VERSION = 4,
};

/* How to come from the version before to `version`. */
struct schema_step {
	int version;
	const char *sql;
	const char *from; /* then today's schema from this text on, which no later step does again; NULL: nothing */
};

/* Into an empty database, in one transaction. */
int schema_lay_out(struct manifest *manifest, struct error *err);

/*
 * Look at what is there: 0 with its version, -EMEDIUMTYPE for what is no manifest,
 * -EPROTONOSUPPORT for one newer than ours.
 */
int schema_version(struct manifest *manifest, int *ret_version, struct error *err);

/* The tables of our version are there and are plain tables, or -EUCLEAN. */
int schema_check(struct manifest *manifest, struct error *err);

/*
 * Climb from `version` by every later step, in one transaction: all of it or nothing. `steps` are
 * in order; NULL: our own.
 */
int schema_climb(struct manifest *manifest, int version, const struct schema_step *steps,
		 size_t count, struct error *err);

#endif
