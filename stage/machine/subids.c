// SPDX-License-Identifier: BSD-2-Clause
#include "stage/machine/subids.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "stage/machine/output.h"

enum { FIRST = 100000 };

/* A line "USER:first:count". */
static bool is_of(const char *line, const char *name, uid_t uid)
{
	size_t length = strcspn(line, ":\n");
	char number[24];

	if (line[length] != ':' || *line == '#')
		return false;
	if (!name)
		return true;
	snprintf(number, sizeof(number), "%u", uid);
	return (length == strlen(name) && strncmp(line, name, length) == 0) ||
	       (length == strlen(number) && strncmp(line, number, length) == 0);
}

static const char *next_line(const char *line)
{
	line += strcspn(line, "\n");
	return line + (*line == '\n');
}

bool subids_have(const char *file, const char *name, uid_t uid)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;

	if (!output_of_file(file, &text))
		return false;
	for (const char *line = text.bytes; *line; line = next_line(line))
		if (is_of(line, name, uid))
			return true;
	return false;
}

static void go_behind(const char *file, uint64_t *free)
{
	_cleanup_(text_release) struct text text = TEXT_INIT;

	output_of_file(file, &text);
	for (const char *line = text.bytes; *line; line = next_line(line)) {
		uint64_t first, count;

		if (sscanf(line, "%*[^:\n]:%" SCNu64 ":%" SCNu64, &first, &count) == 2 && first + count > *free)
			*free = first + count;
	}
}

uint64_t subids_free(void)
{
	uint64_t free = FIRST;

	go_behind("/etc/subuid", &free);
	go_behind("/etc/subgid", &free);
	return free;
}
