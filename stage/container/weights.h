/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Weights of cgroup v2, 1 to 10000, as config.json wants them: in the measures of version 1, from which
 * runtimes go back.
 */
#ifndef STAGE_CONTAINER_WEIGHTS_H
#define STAGE_CONTAINER_WEIGHTS_H

#include <stdint.h>

/* 2 to 262144; rounded up, so that what comes back is the same weight. */
static inline uint64_t cpu_shares_of_weight(uint64_t weight)
{
	return weight ? 2 + ((weight - 1) * 262142 + 9998) / 9999 : 0;
}

/* 10 to 1000. */
static inline uint64_t block_weight_of_weight(uint64_t weight)
{
	return weight ? 10 + ((weight - 1) * 990 + 9998) / 9999 : 0;
}

#endif
