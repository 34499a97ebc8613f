/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What has to be allowed for tracing, in the words of whoever can allow it: the engine of the
 * container we are in, as far as that shows.
 */
#ifndef FS_ALLOWANCE_H
#define FS_ALLOWANCE_H

#include <stdbool.h>

/* One sentence without a full stop; static. pid1: the command needs a /proc of its own. */
const char *allowance_words(bool pid1);

#endif
