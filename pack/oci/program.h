/* SPDX-License-Identifier: BSD-2-Clause */
/* Somebody else's program, run for one job: nothing on its standard input, and what it says is kept. */
#ifndef PACK_OCI_PROGRAM_H
#define PACK_OCI_PROGRAM_H

#include "db/base/error.h"

/*
 * Run args[0], looked up in PATH, and wait. -ENOENT without a message when there is no such program; -EIO with
 * the last line it said in err when it failed; -EINTR when *cancel (or NULL) became non-zero: it is ended then.
 */
int program_run(const char *const *args, const volatile int *cancel, struct error *err);

#endif
