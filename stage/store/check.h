/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is this an image that the kernel may be shown? Our own reader walks all of it: every inode, directory,
 * owner, fragment and attribute, and where each file's blocks are. At most 10^6 inodes and 64 MiB of
 * metadata.
 */
#ifndef STAGE_STORE_CHECK_H
#define STAGE_STORE_CHECK_H

#include <stdbool.h>

#include "db/base/error.h"

/* -EBADMSG with err naming the first thing that no writer makes. */
int store_check(int image, const char *name, bool *ret_set_id, struct error *err);

#endif
