// SPDX-License-Identifier: BSD-2-Clause
#include "pack/image/projection.h"

enum {
	WORTH_FROM_LEVEL = 4,
	SAMPLE = 24 << 20, /* bytes; larger blocks differ less, so that fewer of them do */
	STRIDE_MAX = 16,
};

void projection_init(struct projection *projection, int level, uint64_t total)
{
	uint64_t stride = level < WORTH_FROM_LEVEL ? 0 : total / SAMPLE;

	*projection = (struct projection){.stride = stride > STRIDE_MAX ? STRIDE_MAX : stride};
}

void projection_plan(struct projection *projection, struct job *job)
{
	if (projection->stride > 1)
		job->effort = projection->planned++ % projection->stride ? EFFORT_TRY : EFFORT_BOTH;
}

uint64_t projection_add(struct projection *projection, const struct job *job)
{
	if (job->raw)
		return job->size;
	if (job->effort == EFFORT_TRY) {
		projection->waiting += job->tried;
		return 0;
	}
	projection->tried += job->tried;
	projection->gained += job->size;
	return job->size;
}

bool projection_again(struct projection *projection, uint32_t size)
{
	if (projection->stride <= 1)
		return false;
	projection->waiting += size;
	return true;
}

uint64_t projection_rest(const struct projection *projection)
{
	if (!projection->tried)
		return projection->waiting;
	return (uint64_t)((double)projection->waiting * (double)projection->gained /
			  (double)projection->tried);
}
