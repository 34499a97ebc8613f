// SPDX-License-Identifier: BSD-2-Clause
#include "stage/watch/oom.h"

#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

int64_t oom_count(int64_t counted, int directory)
{
	if (counted > 0)
		return counted;
	return directory >= 0 && faccessat(directory, "oom", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* As people type it, in powers of 1024: 64M is "64 MB". */
static void add_limit(struct text *text, uint64_t limit)
{
	static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB"};
	size_t unit = 0;

	while (limit % 1024 == 0 && unit + 1 < sizeof(units) / sizeof(*units)) {
		limit /= 1024;
		unit++;
	}
	text_printf(text, ", limit %" PRIu64 " %s", limit, units[unit]);
}

void oom_describe(struct text *text, int64_t kills, bool first, uint64_t limit)
{
	if (!first && kills == 1)
		text_add(text, "one of its processes was ");
	else if (!first)
		text_printf(text, "%" PRId64 " of its processes were ", kills);
	text_add(text, "killed: out of memory");
	if (limit)
		add_limit(text, limit);
}
