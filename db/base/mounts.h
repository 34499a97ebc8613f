/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The mount table of this process, as mountinfo(5) gives it, and which file systems are on disks.
 * Asking it, rather than the mounts, never waits for a file system whose server hangs.
 */
#ifndef DB_BASE_MOUNTS_H
#define DB_BASE_MOUNTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct mount_line {
	uint64_t id;      /* statx() calls it stx_mnt_id */
	dev_t dev;        /* of its files, as stat() has it; not of every btrfs file */
	const char *path; /* where it is mounted, as this process sees it */
	const char *type; /* "ext4" */
	const char *source; /* "/dev/sda1" */
};

/*
 * Call visit for each mount, in the order of the table; strings are borrowed for the call. A visitor
 * that returns non-zero ends it, which returns that. A table that cannot be read has no lines.
 */
int mounts_each(int (*visit)(const struct mount_line *mount, void *data), void *data);
/* The same of another process, by the path of its table; -1 when that cannot be read. */
int mounts_each_of(const char *table, int (*visit)(const struct mount_line *mount, void *data),
		   void *data);

/* Files that stay: on a disk, and not made up by the kernel nor by a program. */
bool filesystem_is_on_disk(const char *type);

#endif
