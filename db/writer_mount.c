// SPDX-License-Identifier: BSD-2-Clause
#include "db/writer_mount.h"

#include <errno.h>
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

bool writer_has_mount(const struct process *writer, const char *source)
{
	struct wanted wanted = {.source = source};
	struct process self;
	char table[48];

	process_self(&self);
	if (writer->pidns != self.pidns)
		return true;
	snprintf(wanted.overlay, sizeof(wanted.overlay), "tracefs:%lld", (long long)writer->pid);
	snprintf(table, sizeof(table), "/proc/%lld/mountinfo", (long long)writer->pid);
	return mounts_each_of(table, is_wanted, &wanted) != 0;
}
