// SPDX-License-Identifier: BSD-2-Clause
#include "stage/watch/oom.h"

#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#include "db/base/size.h"

int64_t oom_count(int64_t counted, int directory)
{
	if (counted > 0)
		return counted;
	return directory >= 0 && faccessat(directory, "oom", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

void oom_describe(struct text *text, int64_t kills, bool first, uint64_t limit)
{
	const char *unit;
	uint64_t number = size_in_units(limit, &unit);

	if (!first && kills == 1)
		text_add(text, "one of its processes was ");
	else if (!first)
		text_printf(text, "%" PRId64 " of its processes were ", kills);
	text_add(text, "killed: out of memory");
	if (limit)
		text_printf(text, ", limit %" PRIu64 " %s%s", number, unit, *unit ? "B" : "bytes");
}
