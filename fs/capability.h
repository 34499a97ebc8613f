/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Capabilities: have we what tracing takes, and giving up for good what a command must not have.
 */
#ifndef FS_CAPABILITY_H
#define FS_CAPABILITY_H

#include <stdbool.h>

#include "db/base/error.h"

/* Is it among those in effect? number is CAP_* of <linux/capability.h>. */
bool capability_have(int number);

/*
 * Take it out of every set of this process, the bounding set too: no program it executes gets it
 * back. Fails where it is in the bounding set and SETPCAP is missing.
 */
int capability_drop(int number, struct error *err);

#endif
