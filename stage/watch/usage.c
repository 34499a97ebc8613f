// SPDX-License-Identifier: BSD-2-Clause
#include "stage/watch/usage.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/text.h"

enum { FILE_MAX = 64 << 10 };

/* Where a number is: of version 1 and 2. Without a key it is the whole file, else a line "KEY NUMBER". */
struct counter {
	const char *controller; /* of version 1: a hierarchy of its own */
	const char *file[2], *key[2];
};

static const struct counter memory = {
	"memory", {"memory.usage_in_bytes", "memory.current"}, {NULL, NULL}};
static const struct counter cpu = {"cpuacct", {"cpuacct.usage", "cpu.stat"}, {NULL, "usage_usec"}};
static const struct counter processes = {"pids", {"pids.current", "pids.current"}, {NULL, NULL}};
static const struct counter oom_kills = {
	"memory", {"memory.oom_control", "memory.events"}, {"oom_kill", "oom_kill"}};

/* Behind "KEY " at the beginning of a line; NULL: there is none. */
static const char *value_of(const char *text, const char *key)
{
	size_t length = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, length) == 0 && line[length] == ' ')
			return line + length + 1;
	}
	return NULL;
}

static int64_t read_counter(const char *top, const struct cgroup *cgroup,
			    const struct counter *counter)
{
	_cleanup_(text_release) struct text path = TEXT_INIT, text = TEXT_INIT;
	size_t v = cgroup->version == CGROUP_V2;
	const char *value;
	int64_t number;
	char *end;

	if (cgroup->version == CGROUP_NONE || !cgroup->path)
		return -1;
	text_printf(&path, "%s%s%s%s/%s", top, v ? "" : "/", v ? "" : counter->controller, cgroup->path,
		    counter->file[v]);
	if (text_failed(&path) || io_read_file(AT_FDCWD, path.bytes, FILE_MAX, &text, NULL) < 0)
		return -1;
	value = counter->key[v] ? value_of(text.bytes, counter->key[v]) : text.bytes;
	number = value ? strtoll(value, &end, 10) : -1;
	return value && end != value ? number : -1;
}

int64_t usage_oom_kills(const char *top, const struct cgroup *cgroup)
{
	return read_counter(top, cgroup, &oom_kills);
}

void usage_read_memory(const char *top, const struct cgroup *cgroup, struct usage *ret_usage)
{
	*ret_usage = (struct usage){.cpu_us = -1, .processes = -1};
	ret_usage->memory = read_counter(top, cgroup, &memory);
	ret_usage->oom_kills = read_counter(top, cgroup, &oom_kills);
}

void usage_read(const char *top, const struct cgroup *cgroup, struct usage *ret_usage)
{
	usage_read_memory(top, cgroup, ret_usage);
	ret_usage->cpu_us = read_counter(top, cgroup, &cpu);
	ret_usage->processes = read_counter(top, cgroup, &processes);
	/* version 1 counts in nanoseconds */
	if (cgroup->version == CGROUP_V1 && ret_usage->cpu_us > 0)
		ret_usage->cpu_us /= 1000;
}
