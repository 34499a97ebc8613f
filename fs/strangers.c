// SPDX-License-Identifier: BSD-2-Clause
#include "fs/strangers.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "db/base/cleanup.h"

bool strangers_none(void)
{
	_cleanup_(fclosep) FILE *file = fopen("/proc/self/uid_map", "re");
	unsigned int inside = 1, outside = 1, count = 0;

	return file && fscanf(file, "%u %u %u", &inside, &outside, &count) == 3 && inside == 0 &&
	       outside == 0 && count == UINT32_MAX;
}

bool strangers_none_and_root(void)
{
	return geteuid() == 0 && strangers_none();
}

uint32_t strangers_id(void)
{
	_cleanup_(fclosep) FILE *file = fopen("/proc/sys/kernel/overflowuid", "re");
	uint32_t id;

	if (strangers_none())
		return UINT32_MAX;
	return file && fscanf(file, "%" SCNu32, &id) == 1 ? id : 65534;
}
