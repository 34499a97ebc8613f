// SPDX-License-Identifier: BSD-2-Clause
#include "pack/cmd/image_arguments.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/log.h"
#include "db/base/size.h"

enum { LEVEL_MAX = 22, THREADS_MAX = 1024 };

static bool parse_number(const char *text, int64_t low, int64_t high, int64_t *ret_number)
{
	char *end;

	errno = 0;
	*ret_number = strtoll(text, &end, 10);
	return !errno && end != text && !*end && *ret_number >= low && *ret_number <= high;
}

int image_argument_level(void *target, const char *value, struct error *err)
{
	int64_t number;

	if (strcmp(value, "best") == 0)
		number = IMAGE_LEVEL_BEST;
	else if (!parse_number(value, 1, LEVEL_MAX, &number))
		return error_set(err, -EINVAL, "'%s' is no level from 1 to %d, and not best", value,
				 LEVEL_MAX);
	*(int *)target = (int)number;
	return 0;
}

int image_argument_threads(void *target, const char *value, struct error *err)
{
	struct image_options *image = target;
	int64_t number;

	if (!parse_number(value, 1, THREADS_MAX, &number))
		return error_set(err, -EINVAL, "'%s' is no number of threads from 1 to %d", value,
				 THREADS_MAX);
	image->threads = (unsigned int)number;
	return 0;
}

int image_argument_block(void *target, const char *value, struct error *err)
{
	struct image_options *image = target;
	uint64_t size;

	if (!size_parse(value, &size) || size < IMAGE_BLOCK_MIN || size > IMAGE_BLOCK_MAX ||
	    size & (size - 1))
		return error_set(err, -EINVAL, "'%s' is no block size: a power of two, 4K to 1M",
				 value);
	image->block_size = (uint32_t)size;
	return 0;
}

int image_argument_time(void *target, const char *value, struct error *err)
{
	struct image_options *image = target;

	if (!parse_number(value, 0, UINT32_MAX, &image->time))
		return error_set(err, -EINVAL, "'%s' is no time: seconds since 1970, up to 2106",
				 value);
	image->has_time = true;
	return 0;
}

int image_argument_epoch(struct image_options *image, struct error *err)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	int r = epoch && *epoch ? image_argument_time(image, epoch, err) : 0;

	return r < 0 ? error_prefix(err, r, "SOURCE_DATE_EPOCH") : 0;
}

void image_show_progress(uint64_t done, uint64_t total, void *data)
{
	progress_show(data, done, total);
}

void image_show_warning(const char *message, void *data)
{
	(void)data;
	log_warning("%s", message);
}
