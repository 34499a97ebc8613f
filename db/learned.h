/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a session used of what a profile can take away (the table `learned`): noted by who started it, after the
 * session, and read by who makes the profile of a package.
 */
#ifndef DB_LEARNED_H
#define DB_LEARNED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/base/error.h"
#include "db/manifest.h"

#define LEARNED_CALLS "calls"           /* a family of system calls */
#define LEARNED_CAPABILITY "capability" /* one that containers have by default */

struct learned_fact {
	const char *kind, *name;
	bool used;
};

/* Of the session that started last. */
int learned_note(struct manifest *manifest, const struct learned_fact *facts, size_t count, struct error *err);

/* Visit those of a session; a visitor that returns non-zero ends it. */
int learned_each(struct manifest *manifest, int64_t session,
		 int (*visit)(const struct learned_fact *fact, void *data), void *data, struct error *err);

#endif
