/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Project quotas: a directory tree's account with its file system (ext4 and XFS mounted with prjquota). The
 * account's number goes with the directory, and all that is made below it inherits it.
 */
#ifndef STAGE_LAYER_QUOTA_H
#define STAGE_LAYER_QUOTA_H

#include <stdbool.h>
#include <stdint.h>

#include "db/base/error.h"

/* Does the file system of this directory hold such accounts to their limits, and is the directory in nobody's yet? */
bool quota_is_there(int directory);
/* 1 the directory has an account of its own, limited to *ret_size bytes (0: not); 0 it has none. */
int quota_find(int directory, uint64_t *ret_size);
/* Limit it, which gets an account if it has none; only what is made from then on is in it. 0: no limit. */
int quota_set(int directory, uint64_t size, struct error *err);

#endif
