/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is a file system still mounted where we can see it, and does anybody use it? Unmounting takes a
 * mount away from one mount namespace. A namespace that was copied while it was there keeps it, often
 * without knowing, and the kernel keeps the file system for it: nobody would tell us of the end.
 *
 * Nothing here asks the file system itself, which is ours to answer for.
 */
#ifndef FS_MOUNT_STATE_H
#define FS_MOUNT_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A descriptor that poll(2) reports POLLPRI for when something was mounted or unmounted; or -1. */
int mount_state_open(pid_t pid);

/*
 * Is the file system with this device number in the mount table? That of the process is meant, or
 * with 0 ours.
 */
bool mount_state_mounted(pid_t pid, dev_t dev);

/* Does the mount with this id, as statx() has it, appear in other mount namespaces by itself too? */
bool mount_state_shared(uint64_t id);

/*
 * Does a process that we can see have its root, its working directory, an open file or a mapping
 * there? Walks all of /proc: for the rare moment at which it matters.
 */
bool mount_state_used(dev_t dev);

/* Who waits for the last user to leave asks this often. */
enum { MOUNT_STATE_LOOK_MS = 1000 };

#endif
