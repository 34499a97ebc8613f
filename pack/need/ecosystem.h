/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ecosystems: what goes with a file by custom of its language or library, though no run that was
 * traced may have needed it. One table of "when this is in, add that", in ecosystem.c; each
 * ecosystem can be switched off.
 */
#ifndef PACK_NEED_ECOSYSTEM_H
#define PACK_NEED_ECOSYSTEM_H

#include <stddef.h>

#include "db/base/error.h"

struct closure;

/* One round over all entries; adds what is not there yet. Call until nothing new comes. */
int ecosystems_apply(struct closure *closure, struct error *err);

/* The bit of an ecosystem for closure_options.ecosystems_off; 0 for an unknown name. "all": all. */
unsigned int ecosystem_bit(const char *name);
/* The i-th name, NULL behind the last. */
const char *ecosystem_name(size_t i);

#endif
