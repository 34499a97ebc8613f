// SPDX-License-Identifier: BSD-2-Clause
#include "pack/elf/strings.h"

#include <string.h>

int strings_each(const char *bytes, size_t size, int (*visit)(const char *string, void *data),
		 void *data)
{
	const char *start = bytes, *end = bytes + size;
	int r = 0;

	for (const char *p = bytes; p < end && r == 0; p++) {
		if (*p >= ' ' && *p <= '~')
			continue;
		if (*p == '\0' && p > start && p - start <= STRINGS_LONGEST)
			r = visit(start, data);
		start = p + 1;
	}
	return r;
}
