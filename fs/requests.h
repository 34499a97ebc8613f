/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How many requests of each kind the kernel has sent, which is what tracing costs. A process serves one
 * mount, and its counts are those of the mount.
 */
#ifndef FS_REQUESTS_H
#define FS_REQUESTS_H

#include <stdint.h>

/* One more; from any thread. */
void requests_count(uint32_t opcode);

/* The first kind from *at on of which there were any, as FUSE calls it; NULL behind the last. */
const char *requests_next(unsigned int *at, uint64_t *ret_count);

#endif
