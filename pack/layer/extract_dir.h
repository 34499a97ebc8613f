/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A directory that appears under its name only when it is whole, as io_output does it for files. It
 * grows under a hidden name beside the place it is meant for, closed to everybody else:
 *
 *	_cleanup_(extract_dir_release) struct extract_dir dir = EXTRACT_DIR_INIT;
 *
 *	r = extract_dir_open(&dir, path, err);
 *	…fill dir.fd…
 *	r = extract_dir_publish(&dir, 0755, err);
 *
 * What is not published is removed, also what a killed process left, by the next one at the same
 *path.
 */
#ifndef PACK_LAYER_EXTRACT_DIR_H
#define PACK_LAYER_EXTRACT_DIR_H

#include <sys/types.h>

#include "db/base/error.h"

struct extract_dir {
	int fd;		 /* the directory while it grows; owned */
	char *path;	 /* where it will appear */
	char *temporary; /* where it is now */
};

#define EXTRACT_DIR_INIT                                                                           \
	{                                                                                          \
		.fd = -1                                                                           \
	}

/*
 * path must not exist, or be an empty directory. What earlier extractions to the same path left
 * when they were killed is removed.
 */
int extract_dir_open(struct extract_dir *dir, const char *path, struct error *err);
/* Make it durable and give it its name; `mode` is what the directory itself gets. */
int extract_dir_publish(struct extract_dir *dir, mode_t mode, struct error *err);
void extract_dir_release(struct extract_dir *dir);

/*
 * Remove the directories of this user in `parent` whose names begin so and that nobody has locked. Best effort:
 * what cannot be removed is in nobody's way.
 */
void extract_dir_sweep(int parent, const char *prefix);

/* Remove everything in a directory; does not follow links; fits any depth. 0 or a negative errno.
 */
int extract_remove_below(int dirfd);

#endif
