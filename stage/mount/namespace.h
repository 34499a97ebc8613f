/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where what we mount and start lives and dies: a child with a mount namespace of its own and, unless
 * somebody outside has to know its processes by number, a process namespace in which it is number 1.
 * Whatever ends the child ends all that it started, and with the last process every mount is gone: a
 * kill leaves nothing to undo.
 *
 *	r = namespace_run(NAMESPACE_PROCESSES, inside, &data, &status, err);	in the parent
 *	…in inside(): mount, namespace_trim(), start, wait; what it returns is the status
 *
 * Mounts of the host that come or go later are followed (rslave), none of ours gets out.
 */
#ifndef STAGE_MOUNT_NAMESPACE_H
#define STAGE_MOUNT_NAMESPACE_H

#include <stddef.h>

#include "db/base/error.h"

enum namespace_flags { NAMESPACE_PROCESSES = 1 << 0 };

/* What the child gets as a signal when its parent has died, so that it can clean up: SIGRTMIN. */
int namespace_orphaned(void);

/*
 * Call inside(data) in the child and wait for it. *ret_status is what it returned, 128 + N when signal
 * N ended it. Meanwhile SIGHUP, SIGTERM, SIGUSR1, SIGUSR2 and SIGWINCH are passed on, SIGINT and SIGQUIT
 * too unless they came from the terminal, which sent them to the child as well. In the child all of
 * these and namespace_orphaned() are blocked, to be read by signalfd(2).
 */
int namespace_run(unsigned int flags, int (*inside)(void *data), void *data, int *ret_status,
		  struct error *err);

/*
 * In the child: detach every mount that is none of `keep` and not above one of them, so that no disk of
 * the host is held by us. "/", /proc, /sys and /dev with all below, and where programs and libraries are,
 * are kept in any case. keep are absolute paths, the last NULL.
 */
int namespace_trim(const char *const *keep, struct error *err);

/*
 * Call inside() in a child that shares our descriptors and nothing else, and wait for it: for who enters
 * other namespaces, which would change our root and working directory. It gets a copy of data, which is
 * copied back; what it opens is open here. Returns what it returned.
 */
int namespace_aside(int (*inside)(void *data, struct error *err), void *data, size_t size,
		    struct error *err);

/* In namespace_aside(): enter the mount namespace in which the machine was booted, if we may. */
void namespace_enter_first(void);

#endif
