/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The source: the tree that is traced, taken as a clone of its mount. What is mounted inside it
 * does not come with the clone, so neither /proc nor our own mount point can leak in; other disk
 * file systems mounted inside it are cloned beside it and looked up by path (unless xdev). In a
 * user namespace, where mounts of another user cannot be taken apart, they come along, and those
 * that do not belong to it are covered by empty directories.
 *
 * Without the right to clone mounts the directory itself is used as it is.
 */
#ifndef FS_SOURCE_H
#define FS_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/base/array.h"
#include "db/base/error.h"
#include "fs/elsewhere.h"

struct source_mount {
	char *path; /* inside the source, canonical */
	int fd;     /* O_PATH, its root */
	uint64_t atime; /* which of MOUNT_ATTR_…ATIME it had */
};

struct source {
	char *path; /* as the host names it, canonical */
	int fd;     /* O_PATH, its root */
	bool cloned;
	bool read_only;
	bool mounts_inside; /* what is mounted inside it came along in the same clone */
	bool noatime;   /* reading changes no time of last use; atomic enough as a single byte */
	uint64_t atime; /* as in source_mount */
	bool distant;   /* behind a network or another process: any look at it may take long */
	ARRAY(struct source_mount) mounts;
};

/*
 * Open it as clones of mounts where that is allowed. xdev: without what is mounted inside it;
 * read_only: nothing below it can be written by way of us, not even the time of last use; noatime: not
 * that. What is open is given back by source_release(), also after an error.
 */
int source_open(struct source *source, const char *path, bool xdev, bool read_only, bool noatime,
		struct error *err);
/*
 * The same as it is seen in a namespace, all mounts together, and by a right that one has there: a
 * plain user cannot clone mounts. Owners are those of where we are.
 */
int source_open_in(struct source *source, const struct elsewhere *ns, const char *path, bool xdev,
		   bool read_only, struct error *err);
void source_release(struct source *source);

void source_set_noatime(struct source *source, bool noatime);
/* O_NOATIME where only the flags of open(2) can do it, which works for the owner of a file; else 0. */
int source_noatime_flag(const struct source *source);

/* The root of another mount at this path inside the source, or -1; borrowed. */
int source_mount_at(const struct source *source, const char *path);

#endif
