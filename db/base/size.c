// SPDX-License-Identifier: BSD-2-Clause
#include "db/base/size.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool size_parse(const char *text, uint64_t *ret_size)
{
	static const char units[] = "kmgtpe";
	unsigned long long number;
	const char *unit;
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno)
		return false;
	unit = *end ? strchr(units, *end | 0x20) : NULL;
	if (unit) {
		unsigned int shift = 10 * (unsigned int)(unit - units + 1);

		if (number > UINT64_MAX >> shift)
			return false;
		number <<= shift;
		end++;
	}
	if (*end && strcasecmp(end, "b") != 0 && (!unit || strcasecmp(end, "ib") != 0))
		return false;
	*ret_size = number;
	return true;
}

uint64_t size_in_units(uint64_t size, const char **ret_unit)
{
	static const char *const units[] = {"", "K", "M", "G", "T", "P", "E"};
	size_t unit = 0;

	while (size && size % 1024 == 0) {
		size /= 1024;
		unit++;
	}
	*ret_unit = units[unit];
	return size;
}
