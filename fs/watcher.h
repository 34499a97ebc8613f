/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The watcher: a small process that outlives a killed daemon just long enough to take its mount
 * away and to have its session marked. It waits on a pipe and does nothing else; when the daemon
 * ends as it should, the watcher is told and ends too.
 */
#ifndef FS_WATCHER_H
#define FS_WATCHER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "db/base/error.h"
#include "fs/elsewhere.h"

struct watcher {
	int fd;    /* our end of the pipe, or -1: there is none */
	pid_t pid; /* valid with fd */
};

/*
 * Fork it, before there are threads and open files. Both paths are canonical. In the background it
 * leaves the standard streams that somebody may be reading to their end.
 */
int watcher_start(struct watcher *watcher, const struct elsewhere *ns, const char *mountpoint,
		  const char *manifest, bool background, struct error *err);
/* There is something to take away now: the mount with this id, of this device. */
void watcher_tell(struct watcher *watcher, uint64_t mount_id, dev_t dev);
/* All is well: it ends. Returns when it has. */
void watcher_stop(struct watcher *watcher);

#endif
