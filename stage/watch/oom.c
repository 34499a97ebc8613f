// SPDX-License-Identifier: BSD-2-Clause
#include "stage/watch/oom.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/size.h"
#include "stage/container/keep.h"
#include "stage/container/spawn.h"

/* systemd's "A process of this unit has been killed by the OOM killer.", see sd-messages.h */
#define OUT_OF_MEMORY "MESSAGE_ID=fe6faa94e7774663a0da52717891d8ef"

/* The unit that a group is of: "/system.slice/sfc-web-1-….scope/container". NULL: not a scope of systemd's. */
static char *scope_of(const char *group)
{
	static const char ending[] = ".scope";

	for (const char *end = strstr(group, ending); end; end = strstr(end + 1, ending)) {
		const char *name = end + strlen(ending);

		if (*name && *name != '/')
			continue;
		while (end > group && end[-1] != '/')
			end--;
		return strndup(end, (size_t)(name - end));
	}
	return NULL;
}

/* It has printed something. */
static bool prints(const char *program, const char *const *words)
{
	_cleanup_(closep) int from = -1, to = -1;
	int ends[2];
	char byte;
	pid_t pid;
	bool some;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return false;
	from = ends[0];
	to = ends[1];

	const int fds[] = {-1, to, -1};

	if (spawn(program, words, NULL, fds, 3, &pid, NULL) < 0)
		return false;
	closep(&to);
	to = -1;
	some = read(from, &byte, 1) == 1;
	spawn_wait(pid);
	return some;
}

static bool journal_says(const char *scope)
{
	_cleanup_(freep) char *program = spawn_find("journalctl");
	char unit[CONTAINER_CGROUP_SIZE];
	const char *const sync[] = {"journalctl", "--sync", NULL};
	const char *const ask[] = {"journalctl", "-q", "-b", "-n", "1", "-o", "cat", unit, OUT_OF_MEMORY, NULL};

	if (!program)
		return false;
	snprintf(unit, sizeof(unit), "UNIT=%s", scope);
	/* what is on its way to the journal is in it */
	prints(program, sync);
	return prints(program, ask);
}

bool oom_befell(const char *directory, const char *group, bool killed)
{
	_cleanup_(freep) char *scope = NULL;

	if (container_was_short(directory))
		return true;
	scope = killed ? scope_of(group) : NULL;
	return scope && journal_says(scope);
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
