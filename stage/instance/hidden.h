/* SPDX-License-Identifier: BSD-2-Clause */
/* What an instance's layer hides of a change of its base. */
#ifndef STAGE_INSTANCE_HIDDEN_H
#define STAGE_INSTANCE_HIDDEN_H

#include <stdbool.h>

#include "db/base/error.h"
#include "stage/state/state.h"

/* The bases are packages, mounted, by descriptor. */
int hidden_each(struct state *state, const char *app, const char *name, int old_package, int new_package,
		void (*visit)(const char *app, const char *name, const char *path, bool deleted),
		struct error *err);

#endif
