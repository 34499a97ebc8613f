/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What goes with a file by custom of its language or library, though no run that was traced may have
 * needed it: one table of "when this is in, add that".
 */
#ifndef PACK_NEED_FROM_CUSTOMS_H
#define PACK_NEED_FROM_CUSTOMS_H

#include "db/base/error.h"
#include "pack/need/closure.h"

/* One round over the entries that it has not seen yet. Call until nothing new comes. */
int closure_add_customs(struct closure *closure, struct error *err);

#endif
