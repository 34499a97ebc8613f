/* SPDX-License-Identifier: BSD-2-Clause */
/* When a service came into another state, in a session: noted by who started it, after the session. */
#ifndef DB_PHASE_H
#define DB_PHASE_H

#include <stddef.h>
#include <stdint.h>

#include "db/base/error.h"
#include "db/manifest.h"

struct phase {
	const char *name; /* "started", "ready", "probe", "stopping" */
	int64_t ns;	  /* since 1970; 0: it never came to that */
};

/* Those that came, of the session that started last; there need be none. */
int phase_note(struct manifest *manifest, const struct phase *phases, size_t count, struct error *err);

/* Visit those of a session in their order; a visitor that returns non-zero ends it. */
int phase_each(struct manifest *manifest, int64_t session, int (*visit)(const struct phase *phase, void *data),
	       void *data, struct error *err);

#endif
