// SPDX-License-Identifier: BSD-2-Clause
#include "pack/image/projection.h"

#include <math.h>

enum {
	WORTH_FROM_LEVEL = 4,
	SAMPLE = 8 << 20, /* bytes; larger blocks differ less, so that fewer of them do */
	STRIDE_MAX = 64,
};

void projection_init(struct projection *projection, int level, uint64_t total)
{
	uint64_t stride = level < WORTH_FROM_LEVEL ? 0 : total / SAMPLE;

	*projection = (struct projection){.stride = stride > STRIDE_MAX ? STRIDE_MAX : stride};
}

void projection_plan(struct projection *projection, struct job *job)
{
	if (projection->stride <= 1)
		return;
	job->effort = EFFORT_BOTH;
	if (job->as != COMPRESS_LIGHT && projection->planned++ % projection->stride)
		job->effort = EFFORT_TRY;
}

uint64_t projection_add(struct projection *projection, const struct job *job)
{
	double tried = job->tried, gained = job->size;

	if (job->raw)
		return job->size;
	if (job->effort == EFFORT_TRY) {
		projection->waiting += job->tried;
		projection->waiters++;
		return 0;
	}
	if (job->as == COMPRESS_LIGHT)
		return job->size;
	projection->compressed++;
	projection->tried += tried;
	projection->gained += gained;
	projection->tried_squares += tried * tried;
	projection->gained_squares += gained * gained;
	projection->products += tried * gained;
	return job->size;
}

bool projection_again(struct projection *projection, uint32_t size)
{
	if (projection->stride <= 1)
		return false;
	projection->waiting += size;
	projection->waiters++;
	return true;
}

/* Of what level 1 makes, so much is left by the real level. */
static double ratio(const struct projection *projection)
{
	return projection->tried > 0 ? projection->gained / projection->tried : 1;
}

uint64_t projection_rest(const struct projection *projection)
{
	return (uint64_t)((double)projection->waiting * ratio(projection));
}

/* The blocks differ from the ratio by so much, and those that wait will as well. */
uint64_t projection_error(const struct projection *projection)
{
	double of = ratio(projection), count = (double)projection->compressed;
	double waiters = (double)projection->waiters, squares;

	if (!projection->waiters)
		return 0;
	if (projection->compressed < 2)
		return projection->waiting;
	squares = projection->gained_squares - 2 * of * projection->products +
		  of * of * projection->tried_squares;
	if (squares < 0)
		squares = 0;
	return 1 + (uint64_t)(2 * sqrt(squares / (count - 1) * waiters * (1 + waiters / count)));
}
