// SPDX-License-Identifier: BSD-2-Clause
#include "stage/mount/ranges.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/text.h"

/* The kernel takes 340 lines of a map; nobody has so many ranges. */
enum { FILE_MAX = 1 << 20, RANGES_MAX = 32 };

static bool parse_number(const char *word, uint32_t *ret_number)
{
	unsigned long long number;
	char *end;

	if (!word || *word < '0' || *word > '9')
		return false;
	errno = 0;
	number = strtoull(word, &end, 10);
	if (errno || *end || number > UINT32_MAX)
		return false;
	*ret_number = (uint32_t)number;
	return true;
}

/* USER:FIRST:COUNT */
static bool parse_line(char *line, const char *name, uint32_t number, struct range *ret_range)
{
	char *who = strsep(&line, ":"), *first = strsep(&line, ":");
	uint32_t as_number;

	if (!(name && strcmp(who, name) == 0) && !(parse_number(who, &as_number) && as_number == number))
		return false;
	return parse_number(first, &ret_range->first) && parse_number(line, &ret_range->count) &&
	       ret_range->count && ret_range->first && ret_range->first <= UINT32_MAX - ret_range->count;
}

int ranges_read(const char *file, const char *name, uint32_t number, range_list *ret_list)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;
	uint64_t taken = 1;
	char *rest, *line;
	int r = io_read_file(AT_FDCWD, file, FILE_MAX, &text, NULL);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	rest = text.bytes;
	while (r == 0 && ret_list->count < RANGES_MAX && (line = strsep(&rest, "\n"))) {
		struct range range;

		if (!parse_line(line, name, number, &range) || taken + range.count > UINT32_MAX)
			continue;
		taken += range.count;
		r = array_push(ret_list, range);
	}
	return r;
}
