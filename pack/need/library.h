/* SPDX-License-Identifier: BSD-2-Clause */
/* A library that a program loads by a name: every file that ld.so may take for it. */
#ifndef PACK_NEED_LIBRARY_H
#define PACK_NEED_LIBRARY_H

#include "db/base/error.h"
#include "pack/need/closure.h"

/*
 * Add what the loader would find for a query, for a reason whose `from` asks: 1 when it is there, 0 when
 * not, or a negative errno.
 */
int library_add(struct closure *closure, const struct loader_query *query,
		const struct reason *reason, struct error *err);

#endif
