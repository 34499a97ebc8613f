/* SPDX-License-Identifier: BSD-2-Clause */
/* What the takers share: where a row's value goes, and how what is there makes way. */
#ifndef STAGE_SPEC_TAKE_PRIVATE_H
#define STAGE_SPEC_TAKE_PRIVATE_H

#include <errno.h>
#include <stdlib.h>

#include "stage/spec/take.h"

/* Of the type that the row's offset is of. */
#define MEMBER(type) ((type *)((char *)asked + row->offset))

/* Put a word in the place of another. */
static inline int replace(char **string, char *by)
{
	if (!by)
		return -ENOMEM;
	free(*string);
	*string = by;
	return 0;
}

/* Add what a value_*() filled, or drop it: it owns strings. */
#define ADD(array, element, release)                                                               \
	({                                                                                         \
		int added_ = array_push((array), (element));                                       \
		if (added_ < 0)                                                                    \
			release;                                                                   \
		added_;                                                                            \
	})

#endif
