/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mounts by descriptor. What is made here is detached: it has no place in any mount namespace until
 * mount_attach() gives it one, and it is gone when its last descriptor is closed, a kill included. All
 * descriptors are close-on-exec. Needs Linux 5.2.
 */
#ifndef STAGE_MOUNT_MOUNT_H
#define STAGE_MOUNT_MOUNT_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "db/base/error.h"

/*
 * Open what a path is inside a root that is not ours: links and ".." stay below rootfd, and links of
 * /proc are not followed. A descriptor or a negative errno; mode counts with O_CREAT.
 */
int mount_open_in(int rootfd, const char *path, int flags, mode_t mode);

/* An empty tmpfs; size in bytes, 0: the kernel's default. */
int mount_tmpfs(mode_t mode, uint64_t size, int *ret_mount, struct error *err);

/* What stands at a path of our mount namespace, with what is mounted below it if deep. */
int mount_clone(int dirfd, const char *path, bool deep, int *ret_mount, struct error *err);

/* set and clear are MOUNT_ATTR_*; deep: what is mounted below, too. */
int mount_set(int mount, uint64_t set, uint64_t clear, bool deep, struct error *err);

/* Give a detached mount a place in our mount namespace. */
int mount_attach(int mount, int dirfd, const char *path, struct error *err);

/* The file system of a finished fsopen(2) context; the kernel's own words where it has some. */
int mount_finish(int context, uint64_t attributes, const char *what, int *ret_mount,
		 struct error *err);
/* A failed fsconfig(2) in the kernel's own words; returns -errno. */
int mount_failed(int context, const char *what, struct error *err);

#endif
