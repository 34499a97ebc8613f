/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entering the traced root: it becomes this process's "/", with what is mounted inside the source put
 * into it. Two forms:
 *
 *	apart      in a mount namespace of our own, which is there already: the old root is gone
 *	           from it
 *	in place   over "/" of the namespace we are in. Who enters that later, as docker exec does,
 *	           comes into the traced root; who is in it already, the daemon too, keeps the old one
 *
 * Either way nobody sees it half-made. Only for a process with one thread.
 */
#ifndef FS_ROOT_ENTRY_H
#define FS_ROOT_ENTRY_H

#include <stdbool.h>

#include "db/base/error.h"

/*
 * tree_fd is the traced root, seen nowhere yet; source the canonical path of what it shows. make: a
 * place for a mount that is missing is made in it; disks_too: also mounts of disks are put into it.
 */
int root_enter_apart(int tree_fd, const char *source, bool make, bool disks_too, struct error *err);
int root_enter_in_place(int tree_fd, bool make, struct error *err);

#endif
