// SPDX-License-Identifier: BSD-2-Clause
#include "db/base/mounts.h"

#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "db/base/cleanup.h"

/* In place: mountinfo writes space, tab, newline and backslash as \ooo. */
static void unescape(char *text)
{
	char *to = text;

	for (; *text; text++) {
		unsigned int byte;

		if (*text == '\\' && sscanf(text + 1, "%3o", &byte) == 1) {
			*to++ = (char)byte;
			text += 3;
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
}

int mounts_each_of(const char *table, int (*visit)(const struct mount_line *mount, void *data),
		   void *data)
{
	_cleanup_(fclosep) FILE *file = fopen(table, "re");
	_cleanup_(freep) char *line = NULL;
	char path[4097], type[64], source[4097];
	size_t size = 0;
	int r = file ? 0 : -1;

	while (r == 0 && getline(&line, &size, file) > 0) {
		const char *rest = strstr(line, " - ");
		struct mount_line mount = {.path = path, .type = type, .source = source};
		unsigned int major, minor;
		unsigned long long id;

		source[0] = '\0';
		if (!rest || sscanf(rest, " - %63s %4096s", type, source) < 1 ||
		    sscanf(line, "%llu %*u %u:%u %*s %4096s", &id, &major, &minor, path) != 4)
			continue;
		unescape(path);
		unescape(source);
		mount.id = id;
		mount.dev = makedev(major, minor);
		r = visit(&mount, data);
	}
	return r;
}

int mounts_each(int (*visit)(const struct mount_line *mount, void *data), void *data)
{
	int r = mounts_each_of("/proc/self/mountinfo", visit, data);

	return r == -1 && access("/proc/self/mountinfo", R_OK) < 0 ? 0 : r;
}

/* The kernel lists those that are on no disk as "nodev"; ZFS keeps its disks to itself. */
bool filesystem_is_on_disk(const char *type)
{
	_cleanup_(fclosep) FILE *file = fopen("/proc/filesystems", "re");
	char line[128], *name;

	if (strcmp(type, "zfs") == 0)
		return true;
	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		name = strchr(line, '\t');
		if (name && strcmp(name + 1, type) == 0)
			return name == line;
	}
	return false;
}
