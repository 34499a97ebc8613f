// SPDX-License-Identifier: BSD-2-Clause
#include "db/writer_mount.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/mounts.h"

struct wanted {
	const char *source;
	char overlay[40];
};

/* As tracefs(1) names what it mounts. */
static int is_wanted(const struct mount_line *mount, void *data)
{
	const struct wanted *wanted = data;

	if (strcmp(mount->type, "overlay") == 0)
		return strcmp(mount->source, wanted->overlay) == 0;
	return strcmp(mount->type, "fuse.tracefs") == 0 &&
	       (strcmp(mount->source, wanted->source) == 0 ||
		strcmp(mount->source, "tracefs") == 0 /* fusermount3's */);
}

/* Is it in that process's mount namespace? -1: that may not be known. */
static int has_mount(const char *pid, struct wanted *wanted)
{
	char table[300];

	snprintf(table, sizeof(table), "/proc/%s/mountinfo", pid);
	return mounts_each_of(table, is_wanted, wanted);
}

static bool is_child_of(int64_t parent, const char *pid)
{
	_cleanup_(fclosep) FILE *file = NULL;
	char path[300], line[64];
	long long ppid = 0;

	snprintf(path, sizeof(path), "/proc/%s/status", pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "PPid: %lld", &ppid) == 1)
			break;
	return ppid == parent;
}

/* By the first process of a command's own namespaces, which the writer has started. */
static bool child_has_mount(int64_t writer, struct wanted *wanted)
{
	_cleanup_(closedirp) DIR *proc = opendir("/proc");
	const struct dirent *entry;

	while (proc && (entry = readdir(proc)))
		if (isdigit((unsigned char)entry->d_name[0]) && is_child_of(writer, entry->d_name) &&
		    has_mount(entry->d_name, wanted) > 0)
			return true;
	return false;
}

bool writer_has_mount(const struct process *writer, const char *source)
{
	struct wanted wanted = {.source = source};
	struct process self;
	char pid[24];

	process_self(&self);
	if (writer->pidns != self.pidns)
		return true;
	snprintf(wanted.overlay, sizeof(wanted.overlay), "tracefs:%lld", (long long)writer->pid);
	snprintf(pid, sizeof(pid), "%lld", (long long)writer->pid);
	return has_mount(pid, &wanted) != 0 || child_has_mount(writer->pid, &wanted);
}
