/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is mounted inside a root that is traced, to be put at the same places in the traced one:
 * /proc, /sys, /dev, volumes. They are taken as clones, with all that is below them, and are not
 * traced.
 */
#ifndef FS_ROOT_MOUNTS_H
#define FS_ROOT_MOUNTS_H

#include <stdbool.h>
#include <sys/stat.h>

#include "db/base/array.h"
#include "db/base/error.h"

struct root_mount {
	char *path; /* inside the root */
	int fd;     /* of the clone */
	bool directory;
};

struct root_mounts {
	const char *source;  /* the root, canonical; borrowed */
	bool disks_too;      /* else those on disks belong to what is traced */
	ARRAY(struct root_mount) list;
};

/*
 * Take those of `source`, as they are seen now, and this machine's /sys and /dev for a source that
 * has none. Released in any case.
 */
int root_mounts_take(struct root_mounts *mounts, const char *source, bool disks_too,
		     struct error *err);
/*
 * Put them into the root, which must be attached somewhere. A place that is missing is made where
 * make is true, else the mount is left out, with a line that says so.
 */
int root_mounts_put(const struct root_mounts *mounts, int rootfd, bool make, struct error *err);
void root_mounts_release(struct root_mounts *mounts);

/* Have a place for a mount in the root: a descriptor of it, or a negative errno. */
int root_mounts_place(int rootfd, const char *path, bool directory, bool make);

/*
 * A new /proc for the pid namespace we are in, over what is at proc; what covers parts of the old one
 * covers them there as well.
 */
int root_mounts_proc(const char *proc, struct error *err);

#endif
