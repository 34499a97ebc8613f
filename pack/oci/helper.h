/* SPDX-License-Identifier: BSD-2-Clause */
/* skopeo or docker, run for one job: what it says is told when it fails. */
#ifndef PACK_OCI_HELPER_H
#define PACK_OCI_HELPER_H

#include "db/base/error.h"

/*
 * Run args[0], looked up in PATH, and wait. -ENOENT when there is no such program; -EIO with the last line
 * it said in err when it failed; -EINTR when *cancel (or NULL) became non-zero: it is ended then.
 */
int helper_run(const char *const *args, const volatile int *cancel, struct error *err);

#endif
