/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What traced sessions used, as a selection of a manifest has it: the files, checked against the
 * source as it is now, and where that is asked for the names in directories that were listed.
 */
#ifndef PACK_NEED_FROM_SELECTION_H
#define PACK_NEED_FROM_SELECTION_H

#include "db/base/error.h"
#include "pack/need/closure.h"

/*
 * Everything a selection names. The selection must outlive the closure. -ESTALE with err naming the
 * file when one has vanished or changed since it was traced.
 */
int closure_add_selection(struct closure *closure, const struct selection *selection,
			  struct error *err);

/* Directories that a session listed and that are in, and how many of the names in them are not. */
struct closure_listed {
	uint64_t directories, left_out;
};
/* After closure_compute(). */
int closure_count_listed(const struct closure *closure, struct closure_listed *ret_listed,
			 struct error *err);

#endif
